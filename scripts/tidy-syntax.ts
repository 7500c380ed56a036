/**
 * The house's own rules over the syntax of a file: length and parameters of functions, names of exported
 * types, and what shipped code may not reach for ({@link reachFindings}). Pure, without types resolved.
 */
import ts from 'typescript'
import { reachFindings } from './tidy-reach.js'
import { BOUNDS, bannedWords, type Finding, isTest, type SourceFile } from './tidy-rules.js'

/** Where functions may take more parameters instead of a context object. */
const BYTE_LOOPS = ['src/run/', 'src/keygroup/', 'src/backend/']

/** Each says what is wrong with one node, or nothing. */
const RULES: readonly { rule: string; check: (node: ts.Node) => string | undefined }[] = [
  { rule: 'function-length', check: functionLength },
  { rule: 'parameter-count', check: parameterCount },
  { rule: 'type-name', check: typeName },
]

/** Every syntax rule over one TypeScript file. */
export function syntaxFindings({ path, text }: SourceFile): Finding[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  const findings = reachFindings(source)
  const visit = (node: ts.Node): void => {
    for (const { rule, check } of RULES) {
      const message = check(node)
      if (message !== undefined) {
        findings.push({ file: path, line: lineOf(node, source), rule, message })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

function lineOf(node: ts.Node, source: ts.SourceFile): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}

function functionLength(node: ts.Node): string | undefined {
  if (!ts.isFunctionLike(node) || isGroupOfTests(node)) return undefined
  const source = node.getSourceFile()
  const last = source.getLineAndCharacterOfPosition(node.end).line + 1
  const length = last - lineOf(node, source) + 1
  if (length <= BOUNDS.functionMax) return undefined
  return `${length} lines, at most ${BOUNDS.functionMax}: name a part of it`
}

/** The callback of a `describe` in a test: a list of tests, each a function of its own. */
function isGroupOfTests(node: ts.Node): boolean {
  const { parent } = node
  if (!isTest(node.getSourceFile().fileName) || !ts.isCallExpression(parent)) return false
  return /^describe\b/.test(parent.expression.getText())
}

function parameterCount(node: ts.Node): string | undefined {
  if (!ts.isFunctionLike(node)) return undefined
  const { fileName } = node.getSourceFile()
  const inByteLoop = BYTE_LOOPS.some((folder) => fileName.startsWith(folder))
  const most = inByteLoop ? BOUNDS.parametersInByteLoops : BOUNDS.parameters
  const taken = node.parameters.filter((parameter) => parameter.name.getText() !== 'this').length
  return taken <= most ? undefined : `${taken} parameters, at most ${most}: take a context object`
}

function typeName(node: ts.Node): string | undefined {
  const named =
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isClassDeclaration(node)
  if (!named || node.name === undefined) return undefined
  const exported = node.modifiers?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword) ?? false
  const [word] = exported ? bannedWords(node.name.text) : []
  return word === undefined ? undefined : `"${word}" says nothing: name the type by what it is`
}
