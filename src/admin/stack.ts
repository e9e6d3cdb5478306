import type { AdminPeriod } from '../server/admin/admin-api.ts'
import { statuses, statusNames } from './statuses.ts'

export type GroupBy = 'status' | 'event'

/** The numbers of a stacked plot. Each series has one number for each period. */
export interface Stack {
  /** Milliseconds since 1970. */
  starts: number[]
  series: Series[]
}

export interface Series {
  name: string
  /** The name of its color, as in `--good`. */
  color: string
  counts: number[]
  total: number
}

const MAX_EVENTS = 5 // The others are one series, because more colors cannot be told apart.

const statusColors = {
  success: 'good',
  waiting: 'calm',
  retry: 'wait',
  failure: 'bad',
  filtered: 'plot-5',
  skipped: 'soft',
  no_consent: 'other',
} as const

/** Counts events by status or by event. Series without an event are left out. */
export function stackOf(periods: readonly AdminPeriod[], by: GroupBy): Stack {
  const series = by === 'status' ? byStatus(periods) : byEvent(periods)
  return { starts: periods.map(({ start }) => start), series: series.filter(({ total }) => total > 0) }
}

function byStatus(periods: readonly AdminPeriod[]): Series[] {
  return statuses.map((status) =>
    seriesOf(
      statusNames[status],
      statusColors[status],
      periods.map(({ events }) => sum(Object.values(events).map((counts) => counts[status] ?? 0))),
    ),
  )
}

function byEvent(periods: readonly AdminPeriod[]): Series[] {
  const countsOf = (event: string) => periods.map(({ events }) => countAll(events[event] ?? {}))
  const names = [...new Set(periods.flatMap(({ events }) => Object.keys(events)))]
  const all = names.map((name) => seriesOf(name, '', countsOf(name))).sort((a, b) => b.total - a.total)
  const shown = all.slice(0, MAX_EVENTS).map((series, index) => ({ ...series, color: `plot-${index + 1}` }))
  const rest = all.slice(MAX_EVENTS)
  const others = periods.map((_, index) => sum(rest.map(({ counts }) => counts[index] ?? 0)))
  return [...shown, seriesOf('Other events', 'soft', others)]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, count) => total + count, 0)

/** Events of all statuses. */
export const countAll = (counts: AdminPeriod['events'][string]): number => sum(Object.values(counts))

const seriesOf = (name: string, color: string, counts: number[]): Series => ({
  name,
  color,
  counts,
  total: sum(counts),
})

/** The upper edge of each series, from the bottom of the bars to their top. */
export function edgesOf({ series, starts }: Stack): number[][] {
  const heights = starts.map(() => 0)
  return series.map(({ counts }) =>
    counts.map((count, index) => {
      const edge = (heights[index] ?? 0) + count
      heights[index] = edge
      return edge
    }),
  )
}
