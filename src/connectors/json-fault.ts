/**
 * Where a text stops being JSON. V8 says it in the words of its version, often without a position, so errors
 * about bad lines ask this scanner instead. It accepts exactly what `JSON.parse` accepts.
 */

/** What may come next. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end'

/** The scan so far: `at` is the next character; `closers` are the brackets still open, inmost last. */
interface Scan {
  readonly text: string
  readonly closers: string[]
  at: number
}

/**
 * The index (UTF-16 units) of the first character that no JSON text can have there; the text's length if it
 * ends too early; `undefined` if the text is JSON.
 */
export function jsonFault(text: string): number | undefined {
  const scan: Scan = { text, closers: [], at: 0 }
  let expected: Expected | undefined = 'value'
  while (expected !== undefined) {
    while (WHITESPACE.has(text.charAt(scan.at))) scan.at++
    if (expected === 'comma or end' && scan.closers.length === 0) {
      return scan.at === text.length ? undefined : scan.at
    }
    expected = step(scan, expected)
  }
  return scan.at
}

const WHITESPACE: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r'])

/** Moves over one token and says what may follow it; `undefined`, with `at` on the fault, if it is wrong. */
function step(scan: Scan, expected: Expected): Expected | undefined {
  const char = scan.text.charAt(scan.at)
  switch (expected) {
    case 'value or ]':
      return char === ']' ? close(scan) : value(scan, char)
    case 'value':
      return value(scan, char)
    case 'key or }':
      return char === '}' ? close(scan) : key(scan, char)
    case 'key':
      return key(scan, char)
    case 'colon':
      return char === ':' ? advance(scan, 'value') : undefined
    case 'comma or end':
      if (char !== '' && char === scan.closers.at(-1)) return close(scan)
      if (char !== ',') return undefined
      return advance(scan, scan.closers.at(-1) === '}' ? 'key' : 'value')
  }
}

function advance(scan: Scan, expected: Expected): Expected {
  scan.at++
  return expected
}

function close(scan: Scan): Expected {
  scan.closers.pop()
  return advance(scan, 'comma or end')
}

function key(scan: Scan, char: string): Expected | undefined {
  return char === '"' && string(scan) ? 'colon' : undefined
}

function value(scan: Scan, char: string): Expected | undefined {
  switch (char) {
    case '{':
      scan.closers.push('}')
      return advance(scan, 'key or }')
    case '[':
      scan.closers.push(']')
      return advance(scan, 'value or ]')
    case '"':
      return string(scan) ? 'comma or end' : undefined
    case 't':
      return word(scan, 'true')
    case 'f':
      return word(scan, 'false')
    case 'n':
      return word(scan, 'null')
    default:
      return number(scan)
  }
}

function word(scan: Scan, expected: string): Expected | undefined {
  for (const char of expected) {
    if (scan.text.charAt(scan.at) !== char) return undefined
    scan.at++
  }
  return 'comma or end'
}

function number(scan: Scan): Expected | undefined {
  NUMBER_START.lastIndex = scan.at
  const start = NUMBER_START.exec(scan.text)?.[0] ?? ''
  scan.at += start.length
  return /\d$/.test(start) ? 'comma or end' : undefined
}

/** The longest text a number can begin with; it is a number if it ends in a digit. */
const NUMBER_START = /-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE][+-]?\d*)?)?|[eE][+-]?\d*)?)?/y

/** Moves over a string, from one quote to the other. */
function string(scan: Scan): boolean {
  const { text } = scan
  for (scan.at++; scan.at < text.length; scan.at++) {
    const char = text.charAt(scan.at)
    if (char === '"') {
      scan.at++
      return true
    }
    if (char < ' ') return false
    if (char === '\\' && !escaped(scan)) return false
  }
  return false
}

/** From the backslash to the last character of the escape. */
function escaped(scan: Scan): boolean {
  scan.at++
  const char = scan.text.charAt(scan.at)
  if (char !== 'u') return char !== '' && '"\\/bfnrt'.includes(char)
  for (let digits = 0; digits < 4; digits++) {
    scan.at++
    if (!/^[0-9a-fA-F]$/.test(scan.text.charAt(scan.at))) return false
  }
  return true
}
