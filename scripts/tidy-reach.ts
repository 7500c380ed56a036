/**
 * What shipped code may not reach for: the clock, chance, the disk, the network, the environment. They
 * are passed in (Clock, Random, Files), so that the engine runs under a manual clock, a seed and a faulty
 * disk. One table of what is banned, one of the few files that stand at the edge; nothing else is exempt.
 */
import ts from 'typescript'
import { type Finding, isShipped } from './tidy-rules.js'

type Reach = 'clock' | 'chance' | 'disk' | 'network' | 'environment' | 'global'

interface Ban {
  readonly reach: Reach
  /** `object.member`, a bare global, or `new Date()`. A named import counts as a member of its module. */
  readonly names: readonly string[]
  /** Modules of Node, without `node:`; their subpaths too. */
  readonly modules: readonly string[]
  readonly instead: string
}

const BANS: readonly Ban[] = [
  {
    reach: 'clock',
    names: [
      'new Date()',
      'Date()',
      'Date.now',
      'performance.now',
      'process.hrtime',
      'setTimeout',
      'setInterval',
      'setImmediate',
      'AbortSignal.timeout',
    ],
    modules: ['timers', 'perf_hooks'],
    instead: 'take a Clock (src/base/clock.ts)',
  },
  {
    reach: 'chance',
    names: ['Math.random', 'crypto.randomBytes', 'crypto.randomUUID', 'crypto.randomInt'],
    modules: [],
    instead: 'take a Random (src/base/random.ts)',
  },
  {
    reach: 'disk',
    names: [],
    modules: ['fs'],
    instead: 'take Files (src/base/files.ts)',
  },
  {
    reach: 'network',
    names: ['fetch', 'WebSocket'],
    modules: ['http', 'https', 'http2', 'net', 'tls', 'dgram'],
    instead: 'take the request function as an argument',
  },
  {
    reach: 'environment',
    names: ['process.env', 'process.argv', 'process.exit'],
    modules: [],
    instead: 'take an option; src/cli reads the environment',
  },
  {
    reach: 'global',
    names: ['globalThis', 'global'],
    modules: [],
    instead: 'take what you need as an argument',
  },
]

interface Edge {
  /** A file, or a folder with its slash. */
  readonly path: string
  readonly reaches: readonly Reach[]
  readonly reason: string
}

const EDGES: readonly Edge[] = [
  { path: 'src/base/clock.ts', reaches: ['clock'], reason: 'is the Clock of the machine' },
  { path: 'src/base/random.ts', reaches: ['chance'], reason: 'is the Random of the machine' },
  { path: 'src/base/files.ts', reaches: ['disk'], reason: 'is the Files of the machine' },
  {
    path: 'src/base/worker.ts',
    reaches: ['disk'],
    reason: 'asks if a worker is built or a source',
  },
  {
    path: 'src/connectors/parquet/decoder.ts',
    reaches: ['disk'],
    reason: 'a thread of its own that reads columns: nothing can be passed into it',
  },
  {
    path: 'src/cli/',
    reaches: ['clock', 'disk', 'environment'],
    reason: 'the outer edge: what it finds there it passes in',
  },
]

/** Every forbidden reach of one shipped file; none for any other file. */
export function reachFindings(source: ts.SourceFile): Finding[] {
  const path = source.fileName
  if (!isShipped(path)) return []
  const edges = EDGES.filter((edge) => path === edge.path || isInside(path, edge.path))
  const allowed = new Set(edges.flatMap((edge) => edge.reaches))
  const declared = declaredNames(source)
  const findings: Finding[] = []
  const visit = (node: ts.Node): void => {
    for (const what of reachedBy(node, declared)) {
      const ban = banOf(what)
      if (ban === undefined || allowed.has(ban.reach)) continue
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
      findings.push({ file: path, line, rule: ban.reach, message: `${what}: ${ban.instead}` })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

function isInside(path: string, folder: string): boolean {
  return folder.endsWith('/') && path.startsWith(folder)
}

function banOf(what: string): Ban | undefined {
  const module = what.startsWith('module ') ? what.slice('module '.length).split('/')[0] : undefined
  return BANS.find((ban) =>
    module === undefined ? ban.names.includes(what) : ban.modules.includes(module),
  )
}

/** What a node reaches for, in the words of the table. */
function reachedBy(node: ts.Node, declared: ReadonlySet<string>): string[] {
  if (ts.isPropertyAccessExpression(node)) return memberOf(node.expression, node.name.text)
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return memberOf(node.expression, node.argumentExpression.text)
  }
  if (ts.isVariableDeclaration(node)) return takenApart(node)
  if (ts.isImportDeclaration(node)) return imported(node)
  if (ts.isExportDeclaration(node)) return moduleNamed(node.moduleSpecifier)
  if (ts.isCallExpression(node)) return called(node)
  if (ts.isNewExpression(node)) {
    const bare = node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0
    return bare ? ['new Date()'] : []
  }
  return ts.isIdentifier(node) && isFreeName(node, declared) ? [node.text] : []
}

function memberOf(object: ts.Expression, member: string): string[] {
  return ts.isIdentifier(object) ? [`${object.text}.${member}`] : []
}

/** `const { env } = process` */
function takenApart({ name, initializer }: ts.VariableDeclaration): string[] {
  if (initializer === undefined || !ts.isObjectBindingPattern(name)) return []
  return name.elements.flatMap((one) =>
    memberOf(initializer, (one.propertyName ?? one.name).getText()),
  )
}

function imported(node: ts.ImportDeclaration): string[] {
  const [module] = moduleNamed(node.moduleSpecifier)
  const names = node.importClause?.namedBindings
  if (module === undefined || names === undefined || !ts.isNamedImports(names)) {
    return module === undefined ? [] : [module]
  }
  const owner = module.slice('module '.length)
  return [module, ...names.elements.map((one) => `${owner}.${(one.propertyName ?? one.name).text}`)]
}

/** `import('node:fs')` and `Date()` */
function called(node: ts.CallExpression): string[] {
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return moduleNamed(node.arguments[0])
  return node.expression.getText() === 'Date' ? ['Date()'] : []
}

function moduleNamed(specifier: ts.Expression | undefined): string[] {
  if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return []
  return [`module ${specifier.text.replace(/^node:/, '')}`]
}

/** Whether a name stands for the global of that name: used as a value, and declared nowhere in the file. */
function isFreeName(node: ts.Identifier, declared: ReadonlySet<string>): boolean {
  if (declared.has(node.text) || ts.isPartOfTypeNode(node)) return false
  const { parent } = node
  if (ts.isTypeQueryNode(parent) || ts.isQualifiedName(parent)) return false
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isBindingElement(parent)) return parent.initializer === node
  const isItsName = 'name' in parent && parent.name === node
  return !isItsName || ts.isShorthandPropertyAssignment(parent)
}

function declaredNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isBindingElement(node) ||
      ts.isImportSpecifier(node)
    if (declares && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return names
}
