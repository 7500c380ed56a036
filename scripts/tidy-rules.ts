/**
 * The house's own rules over the text of a file: size, opening comment, names, machine paths,
 * suppressions. Pure functions: files in, findings out; nothing here reads a disk.
 */

/** One broken rule, at one place. */
export interface Finding {
  /** Path from the root of the repository, with forward slashes. */
  readonly file: string
  /** 1-based; 0 where no line is meant. */
  readonly line: number
  readonly rule: string
  readonly message: string
}

/** A text file of the repository. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Every number the rules use, in lines (functions: from the first line to the last, both counted). */
export const BOUNDS = {
  fileMax: 500,
  fileMedian: 120,
  fileP90: 300,
  functionMax: 70,
  parameters: 3,
  /** In the byte loops, where an object per call would cost. */
  parametersInByteLoops: 6,
} as const

/** Words that say nothing about what a file or a type is for. */
const BANNED_WORDS: ReadonlySet<string> = new Set([
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'misc',
  'manager',
  'impl',
  'base',
  'data',
  'info',
])

/** The one folder that may bear a banned word: it is the bottom layer. */
const BOTTOM_LAYER = 'src/base/'

export function isTypeScript(path: string): boolean {
  return path.endsWith('.ts')
}

export function isTest(path: string): boolean {
  return path.startsWith('test/') || path.endsWith('.test.ts')
}

/** Code that is in the package: the strictest rules are for it. */
export function isShipped(path: string): boolean {
  return path.startsWith('src/') && isTypeScript(path) && !isTest(path)
}

/** Every text rule over all files. */
export function textFindings(files: readonly SourceFile[]): Finding[] {
  const code = files.filter((file) => isTypeScript(file.path))
  return [
    ...sizeFindings(code),
    ...code.flatMap((file) => [
      ...openingFindings(file),
      ...fileNameFindings(file),
      ...suppressionFindings(file),
    ]),
    ...files.flatMap(machinePathFindings),
  ]
}

/** No file over the maximum; the shipped files small in the middle and at the 90th percentile. */
export function sizeFindings(code: readonly SourceFile[]): Finding[] {
  const findings = code
    .filter((file) => lineCount(file.text) > BOUNDS.fileMax)
    .map(({ path, text }) => ({
      file: path,
      line: lineCount(text),
      rule: 'file-size',
      message: `${lineCount(text)} lines, at most ${BOUNDS.fileMax}: split it by what it holds`,
    }))
  const sizes = code
    .filter((file) => isShipped(file.path))
    .map((file) => lineCount(file.text))
    .sort((a, b) => a - b)
  return [
    ...findings,
    ...percentileFinding(sizes, 0.5, BOUNDS.fileMedian),
    ...percentileFinding(sizes, 0.9, BOUNDS.fileP90),
  ]
}

function percentileFinding(sizes: readonly number[], share: number, bound: number): Finding[] {
  const size = sizes[Math.ceil(sizes.length * share) - 1] ?? 0
  if (size <= bound) return []
  const name = share === 0.5 ? 'median' : `${share * 100}th percentile`
  const message = `the ${name} of ${sizes.length} files is ${size} lines, at most ${bound}`
  return [{ file: 'src', line: 0, rule: 'file-size', message }]
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

/** A shipped file says first what it holds. */
export function openingFindings({ path, text }: SourceFile): Finding[] {
  if (!isShipped(path) || /^(#!.*\n)?\/\*\*/.test(text)) return []
  const message = 'open the file with a /** comment: what it holds, its invariant, its format page'
  return [{ file: path, line: 1, rule: 'opening-comment', message }]
}

/** Neither a file nor a folder of the code is named by an empty word. */
export function fileNameFindings({ path }: SourceFile): Finding[] {
  const named = path.startsWith(BOTTOM_LAYER) ? path.slice(BOTTOM_LAYER.length) : path
  return bannedWords(named).map((word) => ({
    file: path,
    line: 0,
    rule: 'file-name',
    message: `"${word}" says nothing: name the file after what it holds`,
  }))
}

/** The banned words in a name, `camelCase`, `kebab-case` or a path. */
export function bannedWords(name: string): string[] {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').split(/[^A-Za-z0-9]+/)
  return words.filter((word) => BANNED_WORDS.has(word.toLowerCase()))
}

/** Shipped code switches no check off. A rule that is wrong is changed for everybody. */
export function suppressionFindings(file: SourceFile): Finding[] {
  if (!isShipped(file.path)) return []
  return matches(file, /biome-ignore|@ts-(ignore|expect-error|nocheck)|@public\b/).map((found) => ({
    ...found,
    rule: 'suppression',
    message: `"${found.text}" hides a finding: mend the code, or change the rule for everybody`,
  }))
}

/** Paths of the machine it was written on, in what everybody reads. */
export function machinePathFindings(file: SourceFile): Finding[] {
  if (isTest(file.path)) return []
  return matches(file, /(?<![\w.*-])\/(work|tmp|root|home|Users)\//).map((found) => ({
    ...found,
    rule: 'machine-path',
    message: `"${found.text}" exists on one machine only: use a relative path or the folder for temporary files`,
  }))
}

function matches({ path, text }: SourceFile, pattern: RegExp): (Finding & { text: string })[] {
  return text.split('\n').flatMap((content, index) => {
    const found = pattern.exec(content)?.[0]
    if (found === undefined) return []
    return [{ file: path, line: index + 1, rule: '', message: '', text: found }]
  })
}
