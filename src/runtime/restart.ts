/** Pure decisions about another attempt after a failure. */
import { type Duration, durationMs } from '../base/duration.js'
import { HoldfastError, messageOf } from '../base/errors.js'

/** When to try again. Attempts are counted anew after a checkpoint has been committed. */
export interface RestartStrategy {
  /** Restarts in a row before the job fails for good. Default 3. */
  readonly attempts?: number
  /** Wait before the first restart; doubled for each further one. Default 1 s. */
  readonly delay?: Duration
  /** Longest wait. Default 1 min. */
  readonly delayMax?: Duration
}

/** What to do after a failure. */
export type RestartDecision =
  | { readonly kind: 'restart'; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: 'fail' }

/**
 * Whether to try again, and when. Never for an error that another attempt cannot mend: `FENCED`, bad input,
 * a wrong option.
 * @param restarts restarts so far since the last committed checkpoint
 */
export function decideRestart(
  error: HoldfastError,
  restarts: number,
  strategy: RestartStrategy,
): RestartDecision {
  const attempts = strategy.attempts ?? 3
  if (!error.retryable || error.code === 'FENCED' || restarts >= attempts) return { kind: 'fail' }
  const first = durationMs(strategy.delay ?? 1000, 'restart delay')
  const most = durationMs(strategy.delayMax ?? 60_000, 'longest restart delay')
  return { kind: 'restart', attempt: restarts + 1, delayMs: Math.min(first * 2 ** restarts, most) }
}

/** Anything thrown as a HoldfastError. What is none comes from a program or a library: worth another try. */
export function asHoldfastError(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error
  const options = { cause: error, retryable: true }
  return new HoldfastError('OPERATOR_FAILED', `the job failed: ${messageOf(error)}`, options)
}
