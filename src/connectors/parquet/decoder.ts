/**
 * The decoder's thread: opens the files and feeds its owner with decoded row groups. It lives until the owner
 * ends it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { defined } from '../../base/assert.js'
import { nodeFiles } from '../../base/files.js'
import { transferable } from './columns.js'
import { Allowance, feed } from './feed.js'
import { GroupDecoder } from './group-decoder.js'
import { type DecoderMessage, type DecoderSetup, plainError } from './protocol.js'
import type { Slice } from './slice.js'

const owner = defined(parentPort, 'the port of the decoder thread')
const { request, slices }: DecoderSetup = workerData
const allowance = new Allowance()
owner.on('message', () => allowance.add()) // it says nothing but GROUP_CONSUMED

function tell(message: DecoderMessage): void {
  owner.postMessage(message)
}

function send(group: readonly Slice[]): void {
  for (const slice of group) {
    slices.postMessage(
      slice,
      slice.columns.flatMap(({ column }) => transferable(column)),
    )
  }
  tell({ kind: 'group', slices: group.length })
}

async function decode(): Promise<void> {
  const groups = await GroupDecoder.open(request, nodeFiles)
  tell({ kind: 'opened' })
  await feed({ next: () => groups.next(), allowance, send })
  tell({ kind: 'end' })
}

decode().catch((error: unknown) => tell({ kind: 'failed', error: plainError(error) }))
