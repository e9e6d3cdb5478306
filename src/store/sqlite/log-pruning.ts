import type { DatabaseSync } from 'node:sqlite'
import { defaultRetention, type LogRetention } from '../event-log.ts'
import { linesPerBlock } from './log-tables.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

export type LogPruning = ReturnType<typeof createLogPruning>

/**
 * Deletes the oldest lines, a block of at most 1,024 at a time. The counts of an hour are kept for `log.days`, even if its
 * lines are deleted earlier.
 */
export function createLogPruning(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  const total = prepare('SELECT sum(bytes) AS bytes FROM log_blocks')
  const oldest = prepare('SELECT block FROM log_blocks WHERE bytes > 0 ORDER BY block LIMIT 1')
  // As in the order memory, a clock that is ahead must not delete everything: days count from the newest line at most.
  const expired = prepare(`SELECT block FROM log_blocks
    WHERE hour <= min(:hour, (SELECT max(hour) FROM log_blocks)) - :hours ORDER BY block LIMIT 1`)
  const deleteLines = prepare('DELETE FROM log WHERE id >= ? AND id < ?')
  const deleteInRows = prepare('UPDATE waiting SET kind = NULL WHERE kind IS NOT NULL AND line >= ? AND line < ?')
  const deleteAnswers = prepare('DELETE FROM log_answers WHERE line >= ? AND line < ?')
  const deleteLineAnswers = prepare('DELETE FROM log_answers WHERE line IN (SELECT value FROM json_each(?))')
  const emptyBlock = prepare('UPDATE log_blocks SET bytes = 0 WHERE block = ?')
  const deleteCounts = ['log_counts', 'log_orders', 'log_keys', 'log_times', 'log_blocks'].map((table) =>
    prepare(`DELETE FROM ${table} WHERE block = ?`),
  )
  const deleteLine = prepare('DELETE FROM log WHERE id IN (SELECT value FROM json_each(?))')
  const deleteLineInRow = prepare(`UPDATE waiting SET kind = NULL, person = NULL WHERE kind IS NOT NULL
    AND line IN (SELECT value FROM json_each(?))`)

  const bytes = (): number => Number(total.get()?.bytes ?? 0)

  function deleteBlock(block: number): number {
    const first = block * linesPerBlock
    const { changes } = deleteLines.run(first, first + linesPerBlock)
    deleteAnswers.run(first, first + linesPerBlock)
    emptyBlock.run(block)
    return Number(changes)
  }

  return {
    /** The estimated size of the log. */
    bytes,

    /** Deletes the oldest block of lines. Returns false if there is none. */
    deleteOldest(): boolean {
      const block = oldest.get()?.block
      if (block === undefined) return false
      deleteBlock(Number(block))
      return true
    },

    /** Deletes one block of lines that are too old or too many. Returns false if there is none: call it again until then. */
    prune(now: number, { days = defaultRetention.days, maxBytes = defaultRetention.maxBytes }: LogRetention): boolean {
      const old = expired.get({ hour: Math.floor(now / HOUR), hours: Math.ceil((days * DAY) / HOUR) })?.block
      if (old !== undefined) {
        deleteBlock(Number(old))
        // By size or for room on the disk, no line is deleted from a row, because that makes no room.
        const first = Number(old) * linesPerBlock
        deleteInRows.run(first, first + linesPerBlock)
        for (const statement of deleteCounts) statement.run(Number(old))
        return true
      }
      const block = bytes() > maxBytes ? oldest.get()?.block : undefined
      if (block === undefined) return false
      deleteBlock(Number(block))
      return true
    },

    /** Deletes lines, and returns their number. They stay in the counts, which say nothing about a person. */
    deleteLines(ids: readonly number[]): number {
      const list = JSON.stringify(ids)
      deleteLineAnswers.run(list)
      return Number(deleteLine.run(list).changes) + Number(deleteLineInRow.run(list).changes)
    },
  }
}
