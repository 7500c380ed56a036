import { beforeEach, describe, expect, it } from 'vitest'
import { HoldfastError } from '../base/errors.js'
import type { JobEvent } from '../runtime/events.js'
import { Reporter } from './reporter.js'

const started: JobEvent = {
  event: 'started',
  job: 'orders',
  epoch: 1,
  checkpoint: 0,
  records: 0,
  skipped: [],
  undeclared: [],
  evolved: [],
  migratedKeys: [],
  dropped: [],
}
const checkpoint: JobEvent = {
  event: 'checkpoint',
  checkpoint: 7,
  records: 12_000,
  durationMs: 41.7,
  pauseMs: 0.26,
  sizeBytes: 16_047,
  rows: 1590,
}
const ended: JobEvent = { event: 'ended', outcome: 'finished', records: 1_234_567 }
const restarting: JobEvent = {
  event: 'restarting',
  attempt: 1,
  delayMs: 1000,
  code: 'STORAGE_FULL',
  reason: 'no space',
}

/** Erases from the cursor to the end of the line. */
const ERASE = '\u001b[K'

/** A screen that knows what the reporter needs: new lines, the way back to the left, erasing, wrapping. */
class Screen {
  readonly lines = ['']
  readonly #columns: number
  #column = 0

  constructor(columns: number) {
    this.#columns = columns
  }

  write(text: string): void {
    const parts = text.split(ERASE)
    for (const [i, part] of parts.entries()) {
      if (i > 0) this.#take(ERASE)
      for (const character of part) this.#take(character)
    }
  }

  #take(token: string): void {
    const row = this.lines.length - 1
    const line = this.lines[row] ?? ''
    if (token === '\r') this.#column = 0
    else if (token === '\n') {
      this.lines.push('')
      this.#column = 0
    } else if (token === ERASE) this.lines[row] = line.slice(0, this.#column)
    else if (this.#column === this.#columns) {
      this.lines.push(token)
      this.#column = 1
    } else {
      this.lines[row] = line.slice(0, this.#column) + token + line.slice(this.#column + 1)
      this.#column++
    }
  }
}

let now = 0
let out = ''
beforeEach(() => {
  now = 0
  out = ''
})

/** What standard error is. */
interface Seen {
  readonly terminal: boolean
  readonly columns: number
}

function reporter(json: boolean, screen: Screen, seen: Partial<Seen> = {}): Reporter {
  const { terminal = true, columns = 80 } = seen
  return new Reporter({
    json,
    out: (text) => {
      out += text
    },
    err: (text) => screen.write(text),
    terminal,
    columns: () => columns,
    now: () => now,
  })
}

describe('a reporter on a terminal', () => {
  it('renews one line and leaves only what stays true', () => {
    const screen = new Screen(80)
    const on = reporter(false, screen)
    on.event(started)
    now = 200
    on.progress(5000)
    expect(screen.lines).toEqual([
      'job "orders" starts from the beginning',
      '5,000 records, 25,000/s, no checkpoint yet',
    ])
    on.event(checkpoint)
    now = 400
    on.progress(15_000)
    expect(screen.lines.slice(1)).toEqual([
      '15,000 records, 50,000/s, checkpoint 7: 42 ms, 16.0 kB, pause 0.3 ms',
    ])
    on.event(ended)
    expect(screen.lines).toEqual([
      'job "orders" starts from the beginning',
      'job "orders" finished: 1,234,567 records, checkpoint 7',
      '',
    ])
    expect(out).toBe('')
  })

  it('cuts a line that is too long for it, since a wrapped one cannot be renewed', () => {
    const screen = new Screen(30)
    const on = reporter(false, screen, { terminal: true, columns: 30 })
    on.event({ ...started, job: 'o' })
    const before = screen.lines.length
    for (now = 0; now < 2000; now += 200) on.progress(now * 1_000_000)
    expect(screen.lines.length).toBe(before)
    expect(screen.lines.at(-1)).toMatch(/^1,800,000,000 records, 1,0.*…$/)
  })

  it('erases the renewed line before an error, a warning or the answer to a signal', () => {
    const tellings: ((on: Reporter) => void)[] = [
      (on) => on.failed(new HoldfastError('FENCED', 'another owner')),
      (on) => on.event({ event: 'collection-failed', reason: 'EIO' }),
      (on) => on.stopping('SIGINT'),
      (on) => on.interrupted(),
    ]
    for (const tell of tellings) {
      const screen = new Screen(200)
      const on = reporter(false, screen)
      on.event(started)
      on.progress(17)
      tell(on)
      expect(screen.lines.join('\n')).not.toContain('17 records')
      expect(screen.lines.at(-1)).toBe('')
      expect(screen.lines).toHaveLength(3)
    }
  })
})

describe('a reporter that writes to a file', () => {
  it('writes plain lines, and no control character', () => {
    let text = ''
    const on = new Reporter({
      json: false,
      out: () => undefined,
      err: (more) => {
        text += more
      },
      terminal: false,
      columns: () => 80,
      now: () => now,
    })
    on.event({ ...started, checkpoint: 3, records: 2000 })
    now = 1000
    on.progress(3000)
    on.event(restarting)
    on.event({ ...ended, outcome: 'stopped', records: 3000 })
    expect(text.split('\n')).toEqual([
      'job "orders" goes on from checkpoint 3, at 2,000 records',
      '3,000 records, 1,000/s, no checkpoint yet',
      'restart 1 in 1 s: STORAGE_FULL: no space',
      'job "orders" stopped at 3,000 records, checkpoint 3; the next run goes on from there',
      '',
    ])
  })

  it('names every checkpoint that was passed over and all state that is kept', () => {
    const screen = new Screen(200)
    reporter(false, screen, { terminal: false }).event({
      ...started,
      checkpoint: 4,
      records: 1,
      skipped: [
        { number: 6, reason: 'run r6 is damaged' },
        { number: 5, reason: 'log/5 is missing' },
      ],
      undeclared: ['a/old', 'b/older'],
      dropped: ['c'],
      migratedKeys: [{ operator: 'd', before: 'string', now: 'long' }],
      evolved: [
        {
          operator: 'd',
          state: 'total',
          outcome: 'after-migration',
          before: [
            { schema: 1, serializer: 'cents' },
            { schema: 3, serializer: 'euros' },
          ],
          now: { schema: 2, serializer: 'decimal' },
          differs: ['cents are whole', 'euros are not'],
        },
        {
          operator: 'e',
          state: 'colour',
          outcome: 'reconfigured',
          before: [{ schema: 1, serializer: 'enum' }],
          now: { schema: 2, serializer: 'enum' },
          differs: ['"red" is new'],
        },
      ],
    })
    expect(screen.lines).toEqual([
      'checkpoint 6 cannot be used and is passed over: run r6 is damaged',
      'checkpoint 5 cannot be used and is passed over: log/5 is missing',
      'kept, though the program does not use it: a/old, b/older',
      'dropped with the next checkpoint: c',
      'd: keys change from string to long; everything is written anew with the next checkpoint',
      'd/total: values of schema 1 (cents), schema 3 (euros) are written as schema 2 (decimal) when they change: cents are whole; euros are not',
      'e/colour: its serializer is adapted to what was written before: "red" is new',
      'job "orders" goes on from checkpoint 4, at 1 records',
      '',
    ])
  })

  it('puts an error on one line, whatever its message looks like, but for a report of what does not fit', () => {
    const screen = new Screen(200)
    const on = reporter(false, screen, { terminal: false })
    const message = 'it is wrong:\n  one\n  two'
    on.failed(new HoldfastError('INVALID_ARGUMENT', message), ' (hint)')
    on.failed(new HoldfastError('INCOMPATIBLE_STATE', message), ' (hint)')
    expect(screen.lines).toEqual([
      'holdfast: INVALID_ARGUMENT: it is wrong: one; two (hint)',
      'holdfast: INCOMPATIBLE_STATE: it is wrong:',
      '  one',
      '  two (hint)',
      '',
    ])
  })

  it('says that a job had finished before when a run has nothing to do', () => {
    const screen = new Screen(200)
    const on = reporter(false, screen, { terminal: false })
    on.event({ ...started, checkpoint: 9, records: 5 })
    on.event({ ...ended, records: 5 })
    expect(screen.lines.at(-2)).toMatch(/had finished before: 5 records, checkpoint 9/)
  })
})

describe('a reporter with --json', () => {
  const events = (): { event: string }[] =>
    out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { event: string })

  it('writes every event as a line on standard output, and only failures and answers elsewhere', () => {
    const screen = new Screen(200)
    const on = reporter(true, screen)
    on.event(started)
    on.progress(10)
    on.event(checkpoint)
    on.event(restarting)
    expect(screen.lines).toEqual([''])
    on.stopping('SIGTERM')
    on.failed(new HoldfastError('CORRUPT', 'two\nlines'))
    expect(events()).toEqual([
      started,
      { event: 'progress', records: 10, recordsPerSecond: 10_000 },
      checkpoint,
      restarting,
      { event: 'stopping', reason: 'SIGTERM' },
      { event: 'failed', code: 'CORRUPT', message: 'two\nlines' },
    ])
    expect(screen.lines.at(-2)).toBe('holdfast: CORRUPT: two; lines')
  })

  it('tells no progress before the start, between two attempts, or after the end', () => {
    const on = reporter(true, new Screen(80))
    on.progress(1)
    on.event(started)
    on.progress(2)
    on.event(restarting)
    on.progress(3)
    on.event({ ...started, epoch: 2 })
    on.event(checkpoint)
    on.progress(4)
    on.event(ended)
    on.progress(5)
    expect(events().map(({ event }) => event)).toEqual([
      'started',
      'progress',
      'restarting',
      'started',
      'checkpoint',
      'progress',
      'ended',
    ])
  })

  it('measures the speed from the restored position on, not from zero', () => {
    const on = reporter(true, new Screen(80))
    now = 5000
    on.event({ ...started, checkpoint: 3, records: 1_000_000 })
    now = 6000
    on.progress(1_000_500)
    now = 6500
    on.progress(1_000_500)
    expect(events().slice(1)).toMatchObject([{ recordsPerSecond: 500 }, { recordsPerSecond: 0 }])
  })
})
