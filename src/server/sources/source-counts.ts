import type { Statuses } from '../intake.ts'
import type { Answer } from '../respond.ts'
import type { Source, Sources } from './sources.ts'

/** Counts for one source since the start. */
export interface SourceCount {
  type: Source['type']
  /** Missing if the source is enabled. */
  enabled?: false
  /** Accepted events. */
  accepted: number
  /** A server's events by status. For pages only `skipped`, because the page knows the other statuses. */
  statuses: Statuses
  /** Requests with a missing or wrong token or signature. A shop system deletes a webhook after several of them. */
  unauthorized: number
  /** Requests that were answered 5xx. Their sender keeps the events. A shop system may delete the webhook. */
  unavailable: number
  /** The time of the last request that was answered 2xx, in ISO 8601. */
  last?: string
}

export interface SourceCounts {
  /** Counts the answer to a request of a source. `at` is in milliseconds since 1970. */
  note(source: string, answer: Answer, at: number): void
  /** Returns the counts by source name. */
  read(): Record<string, SourceCount>
}

const statusNames = [
  'success',
  'merged',
  'conflict',
  'failure',
  'retry',
  'filtered',
  'skipped',
  'no_consent',
] as const satisfies readonly (keyof Statuses)[]

/** A count whose last time is still in milliseconds since 1970. */
type Running = Omit<SourceCount, 'last'> & { last: number | undefined }

export function createSourceCounts({ all }: Sources): SourceCounts {
  const counts = new Map(all.map((source) => [source.name, startCount(source)]))
  return {
    note(name, { status, tally }, at) {
      const count = counts.get(name)
      if (!count) return
      if (status === 401) count.unauthorized++
      if (status >= 500) count.unavailable++
      if (status < 200 || status > 299) return
      count.last = at
      if (!tally) return
      count.accepted += tally.accepted
      if (tally.statuses) count.statuses = sumOf(count.statuses, tally.statuses)
    },
    read: () => Object.fromEntries([...counts].map(([name, count]) => [name, readCount(count)])),
  }
}

function startCount({ type, isEnabled }: Source): Running {
  return {
    type,
    ...(!isEnabled && { enabled: false as const }),
    accepted: 0,
    statuses: {},
    unauthorized: 0,
    unavailable: 0,
    last: undefined,
  }
}

function readCount({ last, ...count }: Running): SourceCount {
  return last === undefined ? count : { ...count, last: new Date(last).toISOString() }
}

function sumOf(one: Statuses, other: Statuses): Statuses {
  const sum: Statuses = {}
  for (const status of statusNames) {
    const count = (one[status] ?? 0) + (other[status] ?? 0)
    if (count) sum[status] = count
  }
  return sum
}
