/**
 * A plain queue: a folder with a file per message, as small as a queue can be that delivers at least once. What has been
 * received and not acknowledged is delivered again, to whoever asks next.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A message and the name it is acknowledged by. */
export interface Message<T> {
  readonly id: string
  readonly body: T
}

/** The queue in a folder. */
export class FolderQueue<T> {
  readonly #folder: string

  /** @param folder must exist */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Adds a message; an id that is waiting already is the same message. */
  send({ id, body }: Message<T>): void {
    const unfinished = join(this.#folder, `.${id}`)
    writeFileSync(unfinished, JSON.stringify(body))
    renameSync(unfinished, join(this.#folder, `${id}.json`))
  }

  /** The oldest messages by id, at most `limit`; they stay until they are acknowledged. */
  receive(limit: number): Message<T>[] {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.json'))
    return names
      .toSorted()
      .slice(0, limit)
      .map((name) => ({
        id: name.slice(0, -'.json'.length),
        body: JSON.parse(readFileSync(join(this.#folder, name), 'utf8')) as T,
      }))
  }

  /** Says that these messages are done with. */
  acknowledge(messages: readonly Message<T>[]): void {
    for (const { id } of messages) rmSync(join(this.#folder, `${id}.json`), { force: true })
  }
}
