// The report of a case, and the reduction of samples to one figure.

export type CaseName = 'size' | 'track' | 'load' | 'forwarder' | 'postgres' | 'log' | 'profiles' | 'memory'

export type Unit = 'B' | 'MB' | 'µs' | 'ms' | 'events/s'

/** One measured figure. */
export interface Row {
  name: string
  value: number
  unit: Unit
  /** The lowest and highest quartile of all rounds. Missing where it is counted, not timed. */
  spread?: readonly [low: number, high: number]
  /** The ratios to other figures, by name: `{ 'by hand': 12.5 }`. */
  ratios?: Readonly<Record<string, number>>
  /** Further figures of the same runs, such as gzip or p99. */
  also?: Readonly<Record<string, string>>
}

/** One table. */
export interface Report {
  title: string
  /** What exactly was measured, in whole sentences. */
  about: readonly string[]
  rows: readonly Row[]
}

export interface BenchOptions {
  /** Seconds instead of minutes, to see that everything runs. The figures mean little. */
  quick: boolean
  /** The folder of another built checkout, which is measured in the same rounds. */
  against: string | undefined
}

export type Case = (options: BenchOptions) => Promise<Report[]>

type Subjects = Readonly<Record<string, (round: number) => Promise<number> | number>>

/**
 * Runs all subjects once in each round, so that a slow moment of the machine affects all of them. Each round begins with
 * another subject. The first round is thrown away.
 */
export async function interleave(subjects: Subjects, rounds: number): Promise<Map<string, number[]>> {
  const entries = Object.entries(subjects)
  const samples = new Map<string, number[]>(entries.map(([name]) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    const first = round % entries.length
    for (const [name, run] of [...entries.slice(first), ...entries.slice(0, first)]) {
      const value = await run(round)
      if (round > 0) samples.get(name)?.push(value)
    }
  }
  return samples
}

/** The value below which this share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The lower quartile: other programs only make a run slower. */
export const typical = (samples: readonly number[]): number => quantile(samples, 0.25)

export const spreadOf = (samples: readonly number[]): [number, number] => [
  quantile(samples, 0.25),
  quantile(samples, 0.75),
]

/** A row of times. `floors` are samples of the same rounds. */
export function timeRow(
  name: string,
  unit: Unit,
  samples: readonly number[],
  floors: Readonly<Record<string, readonly number[] | undefined>> = {},
): Row {
  const value = typical(samples)
  return { name, value, unit, spread: spreadOf(samples), ratios: ratiosTo(value, floors) }
}

/** The ratio of a value to each floor. Floors that were not measured are left out. */
export function ratiosTo(
  value: number,
  floors: Readonly<Record<string, readonly number[] | undefined>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(floors).flatMap(([floor, samples]) => (samples ? [[floor, value / typical(samples)]] : [])),
  )
}
