import type { DeadLetter } from './store.ts'

/** Reads a row of `dead_letters`, whose columns are the same in each engine. */
export function toDeadLetter(row: Readonly<Record<string, unknown>>, canRetry: boolean): DeadLetter {
  return {
    id: Number(row.id),
    event: String(row.event),
    event_id: String(row.event_id),
    died: Number(row.died),
    attempts: Number(row.attempts),
    problem: String(row.problem),
    canRetry,
  }
}
