/**
 * Who gets which elements of split lists after a rescale, as Flink's `RoundRobinOperatorStateRepartitioner` has it:
 * in order, contiguous, evenly, the first subtasks one more. (Flink goes on with the odd elements of the next state
 * where those of the last one ended, in the order of a hash map; here each state begins with subtask 0.)
 */

/**
 * The lists of `parallelism` subtasks.
 * @param lists those of the subtasks before, in order
 */
export function redistribute<T>(lists: readonly (readonly T[])[], parallelism: number): T[][] {
  const all = lists.flat(1) as T[]
  const share = Math.floor(all.length / parallelism)
  const odd = all.length % parallelism
  return Array.from({ length: parallelism }, (_, subtask) => {
    const first = subtask * share + Math.min(subtask, odd)
    return all.slice(first, first + share + (subtask < odd ? 1 : 0))
  })
}
