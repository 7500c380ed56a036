/**
 * The built command as a child process: started with this Node, without standard input, ended by its pid,
 * bounded in time. What the tests of a file leave running is killed after them.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

/** The built package and its command. */
export const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))
export const MAIN = `${DIST}cli/main.js`

/** For tests that start many processes, several at a time, on a machine that may be busy. */
export const PATIENT: { readonly timeout: number } = { timeout: 90_000 }
/** A child that takes longer has hung. */
const LIFE_MAX_MS = 60_000

/** One event of `--json`, of any kind. */
export interface CommandEvent {
  readonly event: string
  readonly [name: string]: unknown
}

/** How a child ended, and everything it wrote. */
export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** How to start it. */
export interface CommandOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Options of Node itself. */
  readonly node?: readonly string[]
  /** Another command than the one of this checkout. */
  readonly main?: string
}

/** A running command. */
export class RunningCommand {
  readonly child: ChildProcess
  readonly done: Promise<Outcome>
  #stdout = ''
  #stderr = ''
  #waiting: (() => void)[] = []
  #ended = false

  constructor(args: readonly string[], options: CommandOptions) {
    const main = options.main ?? MAIN
    if (!existsSync(main)) throw new Error(`${main} is missing: run "npm run build" first`)
    this.child = spawn(process.execPath, [...(options.node ?? []), main, ...args], {
      cwd: options.cwd,
      env: { ...process.env, FORCE_COLOR: '0', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
      this.#changed()
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
      this.#changed()
    })
    const limit = setTimeout(() => this.kill('SIGKILL'), LIFE_MAX_MS)
    this.done = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (code, signal) => {
        clearTimeout(limit)
        this.#ended = true
        this.#changed()
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr })
      })
    })
  }

  /** Sends a signal to this very process; nothing once it has ended. */
  kill(signal: NodeJS.Signals): void {
    if (!this.#ended && this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal)
    }
  }

  /** Resolves once an event has come for which `test` is true; rejects if the process ends without. */
  async event(test: (event: CommandEvent) => boolean): Promise<CommandEvent> {
    return this.#until(() => eventsOf(this.#stdout).find(test))
  }

  /** Resolves once standard output holds the text; rejects if the process ends without. */
  async stdout(text: string): Promise<void> {
    await this.#until(() => this.#stdout.includes(text) || undefined)
  }

  /** Resolves once standard error holds the text; rejects if the process ends without. */
  async stderr(text: string): Promise<void> {
    await this.#until(() => this.#stderr.includes(text) || undefined)
  }

  async #until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (this.#ended) {
        throw new Error(`the command ended too early:\n${this.#stdout}\n${this.#stderr}`)
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

const started = new Set<RunningCommand>()
afterAll(async () => {
  for (const running of started) {
    running.kill('SIGKILL')
    await running.done
  }
})

/** Starts the command. */
export function startCommand(args: readonly string[], options: CommandOptions): RunningCommand {
  const running = new RunningCommand(args, options)
  started.add(running)
  return running
}

/** Runs the command to its end. */
export async function holdfast(args: readonly string[], options: CommandOptions): Promise<Outcome> {
  return startCommand(args, options).done
}

/** The events in what `--json` wrote; a line cut off by a kill is left out. */
export function eventsOf(stdout: string): CommandEvent[] {
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as CommandEvent)
}
