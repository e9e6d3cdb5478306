import type { DatabaseSync } from 'node:sqlite'
import { answersKept, type LineOutcome, statusCode } from '../line-outcome.ts'
import type { RollUp } from './log-rollup.ts'
import { bytesInRow, linesPerBlock } from './log-tables.ts'

const waiting = statusCode('waiting')
const retry = statusCode('retry')
const success = statusCode('success')

const insertFromRows = `INSERT OR IGNORE INTO log (id, block, time, kind, status, event_id, keys, value, currency, person,
    attempts, sent, code, message, reason)
  SELECT line, line / ${linesPerBlock}, added, kind, :status, event_id, coalesce(:keys, keys), value, currency, person,
    :tries, :sent, :code, :message, :reason FROM waiting`
/** The values of a line whose event has no outcome yet. */
const unchanged = { status: waiting, tries: 0, sent: null, code: null, message: null, reason: null, keys: null }

/** Records the outcomes of waiting events, and moves lines that are a part of an event's row to the log. */
export function createLogOutcomes(database: DatabaseSync, rollUp: RollUp) {
  const prepare = (sql: string) => database.prepare(sql)
  // A line that waits has status 0 before its first attempt, and 2 (retry) afterwards.
  const areWaiting = `id BETWEEN :first AND :last AND status IN (${waiting}, ${retry})`
  const areInRows = 'kind IS NOT NULL AND line BETWEEN :first AND :last'
  // Most lines of a batch have the same values. Reading each line costs three times as much.
  const groups =
    prepare(`SELECT min(id) AS id, count(*) AS count, kind, status, time, coalesce(:keys, keys) AS sent_keys,
    is_order, sum(bytes) AS bytes FROM (SELECT id, kind, status, time, keys, is_order, 0 AS bytes FROM log WHERE ${areWaiting}
    UNION ALL SELECT line, kind, ${waiting}, added, keys, 0, ${bytesInRow}
      FROM waiting WHERE ${areInRows})
    GROUP BY id / ${linesPerBlock}, kind, status, time, sent_keys, is_order`)
  const concludeRows = prepare(`${insertFromRows} WHERE ${areInRows} ORDER BY line`)
  const emptyRows = prepare(`UPDATE waiting SET kind = NULL WHERE ${areInRows}`)
  const conclude = prepare(`UPDATE log SET status = :status, attempts = attempts + :tries, sent = :sent, code = :code,
    message = :message, reason = :reason, keys = coalesce(:keys, keys) WHERE ${areWaiting}`)
  const addAnswers = prepare(`INSERT OR IGNORE INTO log_answers SELECT id, :now, :code, :message FROM lines
    WHERE ${areWaiting} AND attempts < ${answersKept}`)
  const areOf = 'kind IS NOT NULL AND id IN (SELECT value FROM json_each(:rows))'
  const countMoved = prepare(`UPDATE log_blocks SET bytes = log_blocks.bytes + moved.bytes FROM
    (SELECT line / ${linesPerBlock} AS block, sum(${bytesInRow}) AS bytes FROM waiting WHERE ${areOf} GROUP BY 1) AS moved
    WHERE log_blocks.block = moved.block`)
  const moveRows = prepare(`${insertFromRows} WHERE ${areOf}`)

  let concluded = 0

  /** All lines of a range have the same outcome. */
  function concludeRange(range: LineRange, outcome: LineOutcome, now: number): void {
    const { status, tries, code = null, message = null, reason = null, keys = null } = outcome
    const to = statusCode(status)
    const found = groups.all({ ...range, keys })
    if (to !== success && tries && message) addAnswers.run({ ...range, now, code, message })
    const values = { status: to, tries, sent: to === success ? now : null, code, message, reason, keys }
    concluded += Number(conclude.run({ ...range, ...values }).changes)
    concluded += Number(concludeRows.run({ ...range, ...values }).changes)
    if (to === retry) emptyRows.run({ ...range })
    for (const row of found) {
      const group = { id: Number(row.id), kind: Number(row.kind) }
      const count = Number(row.count)
      if (row.bytes) rollUp.addBytes(group.id, Number(row.bytes))
      rollUp.count({ ...group, status: Number(row.status) }, -count)
      rollUp.count({ ...group, status: to }, count)
      if (to !== success) continue
      const milliseconds = now - Number(row.time)
      const sent = { keys: Number(row.sent_keys), isOrder: row.is_order === 1, milliseconds }
      rollUp.countSent(group.id, sent, count)
    }
  }

  return {
    /** Records the outcomes of events that waited. `now` is in milliseconds since 1970. */
    conclude(outcomes: readonly LineOutcome[], now: number): void {
      for (let index = 0; index < outcomes.length; ) {
        const outcome = outcomes[index]
        if (!outcome) return
        const range = rangeAt(outcomes, index)
        concludeRange(range, outcome, now)
        index += range.last - range.first + 1
      }
    },

    /** Moves the lines of rows to the log, before the rows are deleted. `rows` is a JSON array of their ids. */
    moveToLog(rows: string): void {
      countMoved.run({ rows })
      moveRows.run({ rows, ...unchanged })
    },

    /** How many lines were changed by `conclude`. */
    concluded: (): number => concluded,
  }
}

interface LineRange {
  first: number
  last: number
}

/**
 * The neighboring lines from an index on that have the same outcome. Most lines of a batch are neighbors, and a range of lines
 * is found and changed twice as fast as a list of them.
 */
function rangeAt(outcomes: readonly LineOutcome[], index: number): LineRange {
  const first = outcomes[index]
  const line = first?.line ?? 0
  let last = line
  for (let next = index + 1; next < outcomes.length; next++) {
    const outcome = outcomes[next]
    if (!first || !outcome || outcome.line !== last + 1 || !isSameOutcome(first, outcome)) break
    last = outcome.line
  }
  return { first: line, last }
}

function isSameOutcome(one: LineOutcome, other: LineOutcome): boolean {
  return (
    one.status === other.status &&
    one.tries === other.tries &&
    one.code === other.code &&
    one.keys === other.keys &&
    one.message === other.message &&
    one.reason === other.reason
  )
}
