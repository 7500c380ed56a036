/**
 * Decoding ahead of an owner on another thread, but never further than it allows: at most {@link GROUPS_HELD} row
 * groups that it has not consumed.
 */
import { GROUPS_HELD, type Slice } from './slice.js'

/** How many groups may still be decoded. */
export class Allowance {
  #left: number = GROUPS_HELD
  #wake = (): void => {}

  /** The owner has consumed a group. */
  add(): void {
    this.#left++
    this.#wake()
  }

  /** Resolves when another group may be decoded. */
  async take(): Promise<void> {
    while (this.#left === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#left--
  }
}

/** Where groups come from, when they may be decoded, and where they go. */
export interface Feed {
  readonly next: () => Promise<readonly Slice[] | undefined>
  readonly allowance: Allowance
  readonly send: (group: readonly Slice[]) => void
}

/** Sends every group; resolves after the last. */
export async function feed({ next, allowance, send }: Feed): Promise<void> {
  for (;;) {
    await allowance.take()
    const group = await next()
    if (group === undefined) return
    send(group)
  }
}
