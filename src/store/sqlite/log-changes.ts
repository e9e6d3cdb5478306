import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { OutboxEvent } from '../../server/outbox.ts'
import type { LogStatus } from '../event-log.ts'
import { statusCode } from '../line-outcome.ts'
import { matchKeyBits, personHashes } from '../log-entry.ts'
import type { LogKinds } from './log-kinds.ts'
import { createLogOutcomes } from './log-outcomes.ts'
import type { LogReferences } from './log-references.ts'
import type { RollUp } from './log-rollup.ts'

const waiting = statusCode('waiting')

export interface ChangeParts {
  kinds: LogKinds
  references: LogReferences
  rollUp: RollUp
}

/**
 * Changes single lines of the log. Lines that were deleted since, or are still a part of an event's row, are left out. Call it in
 * a transaction.
 */
export function createLogChanges(database: DatabaseSync, { kinds, references, rollUp }: ChangeParts) {
  const prepare = (sql: string) => database.prepare(sql)
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

  return {
    ...createLogOutcomes(database, rollUp),

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
      rollUp.count({ id, kind, status: waiting }, 1)
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
