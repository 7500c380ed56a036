/**
 * Standard output and standard error. When nobody reads one of them any more (EPIPE), writing to it stops and
 * `gone` says so, instead of an error that nothing can catch.
 */

/** Where the command writes. */
export interface Output {
  /** Writes to standard output, where JSON goes. */
  readonly out: (text: string) => void
  /** Writes to standard error, where what people read goes. */
  readonly err: (text: string) => void
  /** Calls back, once, when a stream that was written to has no reader any more. */
  onGone(listener: (stream: 'standard output' | 'standard error') => void): void
  /** Resolves when everything written has been handed over. */
  drained(): Promise<void>
}

/** The streams of this process. */
export function openOutput(): Output {
  const listeners: ((stream: 'standard output' | 'standard error') => void)[] = []
  const gone = (stream: 'standard output' | 'standard error'): void => {
    for (const listener of listeners.splice(0)) listener(stream)
  }
  const out = writer(process.stdout, () => gone('standard output'))
  const err = writer(process.stderr, () => gone('standard error'))
  return {
    out: out.write,
    err: err.write,
    onGone: (listener) => void listeners.push(listener),
    drained: async () => {
      await Promise.all([out.drained(), err.drained()])
    },
  }
}

function writer(
  stream: NodeJS.WriteStream,
  onGone: () => void,
): { write: (text: string) => void; drained: () => Promise<void> } {
  let broken = false
  stream.on('error', () => {
    if (broken) return
    broken = true
    onGone()
  })
  return {
    write: (text) => {
      if (!broken) stream.write(text)
    },
    drained: () =>
      new Promise((resolve) => {
        if (broken) resolve()
        else stream.write('', () => resolve())
      }),
  }
}
