/** Operator state of programs that change the serializers of it between two starts. */
import { describe, expect, it } from 'vitest'
import {
  broadcastState,
  type CheckpointStorage,
  collect,
  type JobEvent,
  job,
  memoryStorage,
  type Serializer,
  splitListState,
  unionListState,
} from '../../src/index.js'
import { adapted, evolving, migrated } from '../../src/testing/evolving-serializers.js'
import { scriptedSource } from '../../src/testing/scripted-source.js'
import { run } from './counting-job.js'
import { newestContent } from './versions.js'

type Name = 'split' | 'union' | 'rules'
type Version = Readonly<Record<Name, Serializer<unknown>>>

const MIGRATES = { a: migrated, b: migrated }
const [A, B, C] = [evolving('a'), evolving('b', MIGRATES), evolving('c', MIGRATES)]
const NAMES: readonly Name[] = ['split', 'union', 'rules']
const all = (serializer: Serializer<unknown>): Version => ({
  split: serializer,
  union: serializer,
  rules: serializer,
})

/** What all subtasks found at the start: the elements of their split lists, of each union list, the rules. */
interface Found {
  readonly split: unknown[]
  readonly union: unknown[][]
  readonly rules: unknown[][]
}

/** Runs a version on these words, those of the versions before it first, and stops it; each word is put everywhere. */
async function goOn(
  storage: CheckpointStorage,
  version: Version,
  ...[words, parallelism = 1]: [words: readonly string[], parallelism?: number]
): Promise<Found & { readonly events: readonly JobEvent[] }> {
  const found: Found = { split: [], union: [], rules: [] }
  const records = job('words').from(
    scriptedSource<string>([...words.map((word) => [word]), 'idle']),
  )
  const declared = records
    .process('words', {
      operatorState: {
        split: splitListState<unknown>({ serializer: version.split }),
        union: unionListState<unknown>({ serializer: version.union }),
        rules: broadcastState<string | number, unknown>({ serializer: version.rules }),
      },
      broadcast: records,
      onBroadcast(word: string, { rules }) {
        rules.put(word, word)
        rules.put(word.length, word)
      },
      onOpen({ split, union, rules }) {
        found.split.push(...split.get())
        found.union.push([...union.get()])
        found.rules.push(
          Array.from(rules.entries(), ([key, value]) => `${typeof key} ${key}: ${value}`),
        )
      },
      onRecord(word, { split, union }) {
        split.add(word)
        union.add(word)
      },
    })
    .to(collect<never>())
  const running = run(declared, storage, { restart: { attempts: 0 }, parallelism })
  let ended = false
  const end = (): void => {
    ended = true
  }
  running.done.then(end, end)
  while (!ended && running.records < words.length) await new Promise(setImmediate)
  running.stop()
  await running.done
  return { ...found, events: running.events }
}

describe('operator state whose serializers change', () => {
  it('is read by what wrote each element and entry, at any parallelism', async () => {
    const storage = memoryStorage()
    await goOn(storage, all(A), ['one', 'three'], 2)
    const second = await goOn(storage, all(B), ['one', 'three', 'seven'], 3)
    expect(second.split.toSorted()).toEqual(['one, once a', 'three, once a'])
    expect(second.union).toEqual(Array(3).fill(second.split))
    expect(second.events[0]).toMatchObject({
      evolved: NAMES.map((state) => ({ operator: 'words', state, outcome: 'after-migration' })),
    })
    const third = await goOn(storage, all(C), ['one', 'three', 'seven'], 2)
    const expected = ['one, once a', 'seven, once b', 'three, once a']
    expect(third.split.toSorted()).toEqual(expected)
    for (const union of third.union) expect(union.toSorted()).toEqual(expected)
    expect(third.union).toHaveLength(2)
    for (const rules of third.rules) {
      expect(rules.toSorted()).toEqual([
        'number 3: one, once a',
        'number 5: seven, once b',
        'string one: one, once a',
        'string seven: seven, once b',
        'string three: three, once a',
      ])
    }
  })

  it('goes on with the serializer that is made for both, and keeps to it', async () => {
    const storage = memoryStorage()
    const wide = evolving('wide', { a: adapted('wide'), 'wide after a': adapted('wide') })
    await goOn(storage, all(A), ['one'])
    const second = await goOn(storage, all(wide), ['one', 'three'])
    expect(second.events[0]).toMatchObject({
      evolved: NAMES.map((state) => ({ state, outcome: 'reconfigured' })),
    })
    const third = await goOn(storage, all(wide), ['one', 'three'])
    expect(third.split).toEqual(['one', 'three'])
    expect(third.union).toEqual([['one', 'three']])
    expect(third.rules[0]).toContain('number 5: three')
    const { states } = (await newestContent(storage)).operators.get('words') ?? {}
    for (const name of NAMES) {
      const schemas = states?.get(name)?.schemas.map(({ snapshot }) => snapshot)
      expect(schemas, name).toEqual([{ name: 'a' }, { name: 'wide after a' }])
    }
  })

  it.each(NAMES)(
    'is refused if nothing reads it, naming the %s state, and nothing is claimed',
    async (name) => {
      const storage = memoryStorage()
      await goOn(storage, all(A), ['one'])
      const before = (await storage.list('')).map(({ path }) => path)
      const refused = goOn(storage, { ...all(A), [name]: evolving('z', {}) }, ['one'])
      await expect(refused).rejects.toMatchObject({
        code: 'INCOMPATIBLE_STATE',
        message: expect.stringMatching(
          new RegExp(`"words", state "${name}":\\n.*nothing reads "a"\\n`),
        ),
      })
      expect((await storage.list('')).map(({ path }) => path)).toEqual(before)
      expect((await goOn(storage, all(A), ['one'])).split).toEqual(['one'])
    },
  )
})
