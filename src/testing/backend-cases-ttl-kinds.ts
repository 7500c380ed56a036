/** The state backend contract, part: time to live of each kind of state, as Flink's TtlStateTestBase goes through them. */
import { deepEqual } from 'node:assert/strict'
import type { TtlOptions } from '../state/ttl.js'
import type { BackendCase, BackendContext } from './backend-context.js'
import {
  AGGREGATING,
  LIST,
  MAP_ENTRIES,
  MAP_ENTRY,
  openTtl,
  REDUCING,
  type TtlContext,
  type TtlKind,
  VALUE,
} from './ttl-kinds.js'

const FAMILIES = {
  value: [VALUE],
  list: [LIST],
  map: [MAP_ENTRY, MAP_ENTRIES],
  fold: [REDUCING, AGGREGATING],
} as const satisfies Readonly<Record<string, readonly TtlKind[]>>

interface Rule {
  readonly id: string
  /** What it is about, after the name of the kind. */
  readonly title: string
  readonly options: Partial<TtlOptions>
  play(context: TtlContext, kind: TtlKind): Promise<void>
}

const RULES: readonly Rule[] = [
  {
    id: 'ttl-write-exact',
    title: 'expires its time to live after its last write, and is removed when it is met',
    options: {},
    async play(context, kind) {
      const { at, here, h } = context
      const check = checker(kind)
      kind.write(at(0), 1)
      await here()
      check(at(20), 1)
      await here()
      kind.write(at(50), 2)
      await here()
      check(at(149), 1, 2)
      await here()
      kind.write(at(170), 3)
      await here()
      check(at(220), 3)
      await here()
      check(at(269), 3)
      await h.checkpoint()
      check(at(270))
      await removed(context, kind)
    },
  },
  {
    id: 'ttl-write-relaxed',
    title: 'is returned once after it has expired, where that is allowed, and removed by that',
    options: { visibility: 'until-cleaned-up' },
    async play(context, kind) {
      const { at, here, h, k } = context
      const check = checker(kind)
      kind.write(at(0), 1)
      await here()
      await h.checkpoint()
      check(at(120), 1)
      await removed(context, kind)
      check(k())
    },
  },
  {
    id: 'ttl-read-exact',
    title: 'lives its time again when it is read, where reads count; unread it expires',
    options: { update: 'on-read-and-write' },
    async play(context, kind) {
      const { at, here, h } = context
      const check = checker(kind)
      kind.write(at(0), 1)
      await here()
      check(at(50), 1)
      await here()
      check(at(149), 1)
      await here()
      await h.checkpoint()
      check(at(249))
      await removed(context, kind)
    },
  },
  {
    id: 'ttl-read-relaxed',
    title: 'lives its time again when it is read, and is returned once after it has expired',
    options: { update: 'on-read-and-write', visibility: 'until-cleaned-up' },
    async play(context, kind) {
      const { at, here, h, k } = context
      const check = checker(kind)
      kind.write(at(0), 1)
      await here()
      check(at(50), 1)
      await here()
      await h.checkpoint()
      check(at(150), 1)
      await removed(context, kind)
      check(k())
    },
  },
]

/** Four rules for four families of kinds. */
export const ttlKindCases: readonly BackendCase[] = RULES.flatMap((rule) =>
  Object.entries(FAMILIES).map(([family, kinds]) => ({
    id: `${rule.id}-${family}`,
    title: `${kinds.map(({ name }) => name).join(', ')}: ${rule.title}`,
    async run(context: BackendContext) {
      for (const kind of kinds) await rule.play(await openTtl(context, rule.options), kind)
    },
  })),
)

type Check = (states: Parameters<TtlKind['read']>[0], ...written: number[]) => void

function checker(kind: TtlKind): Check {
  return (states, ...written) => deepEqual(kind.read(states), kind.shows(...written), kind.name)
}

/** That nothing but a deletion of this state is in the next delta. */
async function removed({ h }: TtlContext, { state, name }: TtlKind): Promise<void> {
  deepEqual((await h.checkpoint()).rows, { [state]: [0, 1, 0, 0] }, `${name} is not removed`)
}
