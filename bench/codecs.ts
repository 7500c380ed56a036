/**
 * What it takes to write and read a value: by the codec made for its declared schema, and by the default serializer.
 * Three values of common shapes, interleaved, medians.
 *
 *   npm run build && node build/bench/codecs.js [--rounds 31] [--json]
 *
 * With `node --disallow-code-generation-from-strings` the codec is made of closures instead of generated.
 */
import { parseArgs } from 'node:util'
import { ByteWriter, messagePack, type Serializer, schema as s, schemaSerializer } from 'holdfast'
import { machine, quantiles } from './report.js'

const option = { type: 'string' } as const
const { values } = parseArgs({ options: { rounds: option, json: { type: 'boolean' } } })
const rounds = Number(values.rounds ?? 31)
/** Values of a shape, and how often they are gone through in a round. */
const VALUES = 1000
const PASSES = 20
const START = 1_700_000_000_000

/** A shape of values: its schema, and the values. */
interface Shape {
  readonly name: string
  readonly serializer: Serializer<unknown>
  readonly value: (i: number) => unknown
}

function shape<T>(name: string, schema: s.Schema<T>, value: (i: number) => T): Shape {
  return { name, serializer: schemaSerializer(schema) as Serializer<unknown>, value }
}

const SHAPES: readonly Shape[] = [
  shape(
    'running statistics',
    s.record({ count: s.long(), sum: s.long(), max: s.long(), last: s.long() }),
    (i) => ({ count: i, sum: i * 37, max: i % 1440, last: START + i }),
  ),
  shape(
    'an order',
    s.record({
      id: s.text(),
      customer: s.text(),
      status: s.oneOf('new', 'paid', 'sent', 'done'),
      total: s.double(),
      currency: s.text(),
      at: s.long(),
      paid: s.bool(),
      note: s.optional(s.text()),
    }),
    (i) => ({
      id: `ord-${1_000_000 + i}`,
      customer: `customer-${i % 100}`,
      status: (['new', 'paid', 'sent', 'done'] as const)[i & 3] ?? 'new',
      total: 12.5 + i,
      currency: 'EUR',
      at: START + i,
      paid: i % 2 === 0,
      note: i % 3 === 0 ? 'left at the door' : undefined,
    }),
  ),
  shape(
    'a session',
    s.record({
      user: s.text(),
      first: s.long(),
      last: s.long(),
      pages: s.array(s.record({ path: s.text(), at: s.long(), ms: s.int() })),
      tags: s.array(s.text()),
    }),
    (i) => ({
      user: `user-${i}`,
      first: START + i,
      last: START + i + 5000,
      pages: [0, 1, 2, 3].map((j) => ({
        path: `/products/item-${(i * 7 + j) % 500}`,
        at: START + i + j * 1000,
        ms: 100 + j,
      })),
      tags: ['mobile', 'returning'],
    }),
  ),
]

/** One serializer over the values of one shape, and its times per value. */
interface Contender {
  readonly serializer: Serializer<unknown>
  readonly values: readonly unknown[]
  readonly written: readonly Uint8Array[]
  readonly writeNs: number[]
  readonly readNs: number[]
}

const out = new ByteWriter(65_536)

function contender(serializer: Serializer<unknown>, { value }: Shape): Contender {
  const all = Array.from({ length: VALUES }, (_, i) => value(i))
  const written = all.map((one) => {
    out.length = 0
    serializer.write(one, out)
    return out.copy()
  })
  return { serializer, values: all, written, writeNs: [], readNs: [] }
}

function round({ serializer, values: all, written, writeNs, readNs }: Contender): void {
  const started = performance.now()
  for (let pass = 0; pass < PASSES; pass++) {
    for (const value of all) {
      out.length = 0
      serializer.write(value, out)
    }
  }
  const between = performance.now()
  for (let pass = 0; pass < PASSES; pass++) for (const bytes of written) serializer.read(bytes)
  const perValue = 1_000_000 / (VALUES * PASSES)
  writeNs.push((between - started) * perValue)
  readNs.push((performance.now() - between) * perValue)
}

function report({ written, writeNs, readNs }: Contender): Record<string, number> {
  const bytes = written.reduce((sum, one) => sum + one.length, 0) / VALUES
  const median = (samples: readonly number[]): number => Math.round(quantiles(samples).p50)
  return { bytes: Math.round(bytes), writeNs: median(writeNs), readNs: median(readNs) }
}

const pairs = SHAPES.map((one) => ({
  name: one.name,
  declared: contender(one.serializer, one),
  standard: contender(messagePack<unknown>(), one),
}))
const WARM_UP = 5
for (let i = 0; i < rounds + WARM_UP; i++) {
  for (const { declared, standard } of pairs) {
    round(declared)
    round(standard)
    if (i < WARM_UP)
      for (const one of [declared, standard]) one.writeNs.length = one.readNs.length = 0
  }
}

const ratio = (a: number, b: number): number => Number((a / b).toFixed(1))
const result = {
  bench: 'codecs',
  rounds,
  shapes: pairs.map(({ name, declared, standard }) => {
    const schema = report(declared)
    const msgpack = report(standard)
    const gain = {
      bytes: ratio(msgpack.bytes ?? 0, schema.bytes ?? 0),
      write: ratio(msgpack.writeNs ?? 0, schema.writeNs ?? 0),
      read: ratio(msgpack.readNs ?? 0, schema.readNs ?? 0),
    }
    return { name, schema, msgpack, gain }
  }),
  machine: machine(),
}
console.log(JSON.stringify(result, null, values.json ? 0 : 2))
