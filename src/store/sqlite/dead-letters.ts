import type { DatabaseSync } from 'node:sqlite'
import { toDeadLetter } from '../dead-letter.ts'
import type { Chosen, DeadLetter } from '../store.ts'
import type { Total } from './waiting-rows.ts'

const chunk = 1000
const problemsShown = 20

/** Reads dead letters. It supports files of every version, and never writes. */
export function createDeadLetterReader(database: DatabaseSync) {
  // Statements are prepared on use, because some versions lack some of these tables.
  const prepare = (sql: string) => database.prepare(sql)

  return {
    /** Oldest first. `now` is in milliseconds since 1970. */
    *list(now: number): Generator<DeadLetter> {
      const select = prepare(`SELECT id, event, event_id, died, attempts, problem,
        body IS NOT NULL AND body ->> 'expires' > ? AS canRetry FROM dead_letters WHERE id > ? ORDER BY id LIMIT ${chunk}`)
      const after = (id: number) => select.all(now / 1000, id).map((row) => toDeadLetter(row, row.canRetry === 1))
      let letters = after(0)
      while (letters.length) {
        yield* letters
        letters = after(letters.at(-1)?.id ?? 0)
      }
    },

    total(name: Total | 'dead'): number {
      return Number(prepare('SELECT count FROM totals WHERE name = ?').get(name)?.count ?? 0)
    },
  }
}

/** Counts dead letters by problem: the most frequent ones, and all others together. The cost does not grow with their number. */
export function createProblemCounts(database: DatabaseSync): (total: number) => Record<string, number> {
  const select = database.prepare(`SELECT problem, count FROM problems ORDER BY count DESC LIMIT ${problemsShown}`)
  return (total) => {
    const shown = select.all().map(({ problem, count }) => [String(problem), Number(count)] as const)
    const others = shown.reduce((left, [, count]) => left - count, total)
    return Object.fromEntries(others > 0 ? [...shown, ['Other problems', others]] : shown)
  }
}

/** Splits the chosen dead letters into chunks, so that no transaction blocks the process for long. */
export function createIdChunks(database: DatabaseSync): (chosen: Chosen) => Generator<readonly number[]> {
  const select = database.prepare(`SELECT id FROM dead_letters WHERE id > ? ORDER BY id LIMIT ${chunk}`)
  const after = (id: number) => select.all(id).map((row) => Number(row.id))
  return function* (chosen) {
    if (chosen !== 'all') {
      for (let start = 0; start < chosen.length; start += chunk) yield chosen.slice(start, start + chunk)
      return
    }
    for (let ids = after(0); ids.length; ids = after(ids.at(-1) ?? 0)) yield ids
  }
}
