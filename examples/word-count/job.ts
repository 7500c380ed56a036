/**
 * Counts words. WORDS_IN is a file of lines such as {"text":"to be or not to be"}, WORDS_OUT the folder of the
 * result; run it by hand with: npx holdfast run build/examples/word-count/job.js
 */
import { job, jsonLines, type KeyedContext, ndjson, valueState } from 'holdfast'

const input = process.env.WORDS_IN ?? 'examples/word-count/lines.ndjson'
const output = process.env.WORDS_OUT ?? 'word-count-out'

export default job('word-count')
  .from(ndjson<{ text: string }>(input))
  .flatMap((line) => line.text.toLowerCase().match(/\p{L}+/gu) ?? [])
  .keyBy((word) => word)
  .process('words', {
    state: { count: valueState<number>() },
    onRecord: (_word, { count }) => count.update((count.value() ?? 0) + 1),
    onEnd({ count }, ctx: KeyedContext<string, { word: string; count: number }>) {
      ctx.emit({ word: ctx.key, count: count.value() ?? 0 })
    },
  })
  .to(jsonLines(output))
