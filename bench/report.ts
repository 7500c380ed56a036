/** What benchmarks share: quantiles and the machine. */
import { cpus, totalmem } from 'node:os'

/** Median, 99th percentile and maximum, to three digits after the point. */
export function quantiles(samples: readonly number[]): { p50: number; p99: number; max: number } {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    Number(
      (
        sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
      ).toFixed(4),
    )
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** The machine a number was measured on. */
export function machine(): Record<string, string | number> {
  const [cpu] = cpus()
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  }
}
