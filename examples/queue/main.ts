/**
 * Totals per customer from a queue that delivers at least once, each order counted exactly once, whenever this process
 * is killed:
 *
 *     node build/examples/queue/main.js QUEUE_FOLDER CHECKPOINT_FOLDER
 *
 * Prints a line per customer when the queue is empty. The order of the steps is the point: the state is committed, then
 * the messages are acknowledged. Killed in between, they are delivered again, and the committed state knows them.
 */
import { mapState, openState, valueState } from 'holdfast'
import { FolderQueue } from './folder-queue.js'

interface Order {
  readonly customer: string
  readonly amount: number
}

const BATCH = 100
const [queueFolder, checkpoints] = process.argv.slice(2)
if (queueFolder === undefined || checkpoints === undefined) {
  process.stderr.write('usage: node build/examples/queue/main.js QUEUE_FOLDER CHECKPOINT_FOLDER\n')
  process.exit(2)
}

const queue = new FolderQueue<Order>(queueFolder)
await using store = await openState({
  name: 'totals',
  checkpoints,
  state: { total: valueState<number>(), handled: mapState<string, true>() },
})
const { total, handled } = store.state

for (;;) {
  const messages = queue.receive(BATCH)
  if (messages.length === 0) break
  for (const { id, body } of messages) {
    store.setCurrentKey(body.customer)
    if (handled.contains(id)) continue
    handled.put(id, true)
    total.update((total.value() ?? 0) + body.amount)
  }
  await store.checkpoint()
  queue.acknowledge(messages)
  // They will not come again: what was kept to know them by goes with the next checkpoint.
  for (const { id, body } of messages) {
    store.setCurrentKey(body.customer)
    handled.remove(id)
  }
}

for (const customer of store.keys()) {
  store.setCurrentKey(customer)
  process.stdout.write(`${JSON.stringify({ customer, total: total.value() })}\n`)
}
