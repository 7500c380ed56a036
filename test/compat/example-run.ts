/** The run that the format pages describe, from its rows. */
import { keyGroupOf } from '../../src/keygroup/hash.js'
import { writeMapKey, writeRowPrefix } from '../../src/keygroup/row-key.js'
import { assembleRun } from '../../src/run/assemble.js'
import { DELETE, PUT } from '../../src/run/format.js'
import { type RowBatch, RowEncoder } from '../../src/run/row-batch.js'
import { messagePack } from '../../src/state/serializer.js'
import { StateCodec } from '../../src/state/state-codec.js'

/** The run that the pages describe. */
export async function exampleRun(): Promise<Uint8Array> {
  const batches: RowBatch[] = []
  const encoder = new RowEncoder((batch) => batches.push(batch))
  const row = (key: string, mapKey: string | undefined, value?: number): void => {
    encoder.begin()
    writeRowPrefix(encoder.out, keyGroupOf(key, 'string', 128), key, 'string', undefined)
    if (mapKey !== undefined) writeMapKey(encoder.out, mapKey)
    encoder.value()
    if (value !== undefined) new StateCodec(messagePack()).write(value, encoder.out)
    encoder.end(value === undefined ? DELETE : PUT)
  }
  encoder.section({ operator: 'orders', state: 'total' })
  row('bob', undefined, 12.34)
  encoder.section({ operator: 'orders', state: 'items' })
  row('ann', 'pen', 2)
  row('ann', 'ink')
  encoder.flush()
  const run = await assembleRun(batches, [])
  return new Uint8Array(Buffer.concat(run?.chunks ?? []))
}
