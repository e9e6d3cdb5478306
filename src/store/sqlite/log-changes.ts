import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import type { LogStatus } from '../event-log.ts'
import { answersKept, type LineOutcome, statusCode } from '../line-outcome.ts'
import { matchKeyBits, personHashes } from '../log-entry.ts'
import type { LogKinds } from './log-kinds.ts'
import type { LogReferences } from './log-references.ts'
import type { RollUp } from './log-rollup.ts'

const [waiting, retry, success] = (['waiting', 'retry', 'success'] as const).map(statusCode)

export interface ChangeParts {
  kinds: LogKinds
  references: LogReferences
  rollUp: RollUp
}

/** Changes lines of the log. Lines that were deleted since are left out. Call it in a transaction. */
export function createLogChanges(database: DatabaseSync, { kinds, references, rollUp }: ChangeParts) {
  const prepare = (sql: string) => database.prepare(sql)
  // A line that waits has status 0 before its first attempt, and 2 (retry) afterwards.
  const conclude = prepare(`UPDATE log SET status = :status, attempts = attempts + :tries, sent = :sent, code = :code,
    message = :message, reason = :reason, keys = coalesce(:keys, keys)
    WHERE id IN (SELECT value FROM json_each(:lines)) AND status IN (${waiting}, ${retry})
    RETURNING id, kind, attempts, time, keys, is_order`)
  const addAnswer = prepare('INSERT OR IGNORE INTO log_answers VALUES (?, ?, ?, ?)')
  const select = prepare('SELECT kind, status, value, currency, is_order FROM log WHERE id = ?')
  const setStatus = prepare('UPDATE log SET status = ?, reason = ?, is_order = 0 WHERE id = ?')
  const reopen = prepare(`UPDATE log SET status = ${waiting}, attempts = 0, reason = NULL, code = NULL, message = NULL
    WHERE id = ?`)
  const fill = prepare('UPDATE log SET keys = ?, person = ? WHERE id = ?')
  const merge = prepare(`UPDATE log SET kind = ?, keys = ?, value = ?, currency = ?, person = ?, is_order = ?
    WHERE id = ?`)

  /** Takes a line out of the counts. Returns `undefined` if there is no such line. */
  function takeOut(id: number): Record<string, SQLOutputValue> | undefined {
    const line = select.get(id)
    if (!line) return undefined
    rollUp.count({ id, kind: Number(line.kind), status: Number(line.status) }, -1)
    if (line.is_order) rollUp.countOrder(id, moneyOf(line), -1)
    return line
  }

  function concludeGroup(outcomes: readonly LineOutcome[], now: number): void {
    const [first] = outcomes
    if (!first) return
    const { status, tries, code = null, message = null, reason = null, keys = null } = first
    const sent = status === 'success' ? now : null
    const lines = JSON.stringify(outcomes.map(({ line }) => line))
    const to = statusCode(status)
    for (const row of conclude.all({ status: to, tries, sent, code, message, reason, keys, lines })) {
      const id = Number(row.id)
      const kind = Number(row.kind)
      const from = Number(row.attempts) > tries ? retry : waiting
      if (from !== to) {
        rollUp.count({ id, kind, status: from ?? 0 }, -1)
        rollUp.count({ id, kind, status: to }, 1)
      }
      if (to !== success) {
        if (tries && message && Number(row.attempts) <= answersKept) addAnswer.run(id, now, code, message)
        continue
      }
      const milliseconds = now - Number(row.time)
      rollUp.countSent(id, { keys: Number(row.keys), isOrder: row.is_order === 1, milliseconds })
    }
  }

  return {
    /** Records the outcomes of events that waited. `now` is in milliseconds since 1970. */
    conclude(outcomes: readonly LineOutcome[], now: number): void {
      const groups = new Map<string, LineOutcome[]>()
      for (const outcome of outcomes) {
        const { status, tries, code, message, reason, keys } = outcome
        const key = `${status} ${tries} ${code} ${keys} ${message}\0${reason}`
        const group = groups.get(key)
        if (group) group.push(outcome)
        else groups.set(key, [outcome])
      }
      for (const group of groups.values()) concludeGroup(group, now)
    },

    /** Records that a waiting event is not sent. */
    skip(id: number, status: Extract<LogStatus, 'skipped' | 'no_consent'>, reason: string): void {
      const line = takeOut(id)
      if (!line) return
      setStatus.run(statusCode(status), reason, id)
      rollUp.count({ id, kind: Number(line.kind), status: statusCode(status) }, 1)
    },

    /** Records that a dead letter waits again. */
    reopen(id: number): void {
      const line = select.get(id)
      if (!line) return
      const kind = Number(line.kind)
      reopen.run(id)
      rollUp.count({ id, kind, status: Number(line.status) }, -1)
      rollUp.count({ id, kind, status: waiting ?? 0 }, 1)
    },

    /** Makes the line that of both copies of an order. `source` is the name of the signed one. */
    merge(id: number, { event, source, isOrder }: { event: OutboxEvent; source?: string; isOrder: boolean }): void {
      const line = takeOut(id)
      if (!line) return
      const { user, properties } = event.data
      const { value = null, currency = null } = properties
      const kind = kinds.inChannel(Number(line.kind), 'merged', source)
      merge.run(kind, matchKeyBits(user), value, currency, references.of(personHashes(user)), Number(isOrder), id)
      rollUp.count({ id, kind, status: Number(line.status) }, 1)
      if (isOrder) rollUp.countOrder(id, moneyOf({ value, currency }), 1)
    },

    /** Records that profiles have filled the event. */
    fill(id: number, { data: { user } }: OutboxEvent): void {
      fill.run(matchKeyBits(user), references.of(personHashes(user)), id)
    },

    /** True if the line counts for its order. */
    isOrder: (id: number): boolean => select.get(id)?.is_order === 1,
  }
}

const moneyOf = ({ value, currency }: Record<string, SQLOutputValue>) => ({
  value: Number(value ?? 0),
  currency: String(currency ?? ''),
})
