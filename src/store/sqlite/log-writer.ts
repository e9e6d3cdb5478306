import type { DatabaseSync } from 'node:sqlite'
import type { LogPart, UnsentEvent } from '../event-log.ts'
import { statusCode } from '../line-outcome.ts'
import { matchKeyBits, otherOrderId, personHashes, shownId } from '../log-entry.ts'
import type { EventLine } from '../log-orders.ts'
import { createLogChanges } from './log-changes.ts'
import { createLogKinds } from './log-kinds.ts'
import { createLogReferences } from './log-references.ts'
import { createRollUp } from './log-rollup.ts'
import { lineBytes, linesPerBlock } from './log-tables.ts'

const HOUR = 3_600_000

/** The part of a line that the row of a waiting event has. */
export interface WaitingLine {
  id: number
  kind: number
  /** Bits of the match keys. */
  keys: number
  value: number | null
  currency: string | null
  /** References of the person's hashes. */
  person: Uint8Array | null
}

export type LogWriter = ReturnType<typeof createLogWriter>

/** Writes the lines of the log. Everything that changes lines runs in `within`. */
export function createLogWriter(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  const insertLine =
    prepare(`INSERT INTO log (id, block, time, kind, status, event_id, keys, value, currency, person, is_order,
    reason, order_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const lastBlock = prepare('SELECT block, hour, used FROM log_blocks ORDER BY block DESC LIMIT 1')
  const writeBlock = prepare(`INSERT INTO log_blocks VALUES (?, ?, ?, 0)
    ON CONFLICT DO UPDATE SET used = excluded.used`)
  const kinds = createLogKinds(database)
  const references = createLogReferences(database)
  const rollUp = createRollUp(database)
  const changes = createLogChanges(database, { kinds, references, rollUp })
  let now = 0
  let block = { block: 0, hour: 0, used: 0, isChanged: false }
  let isOpen = false
  let firstNew = Number.POSITIVE_INFINITY
  let linesOfEvents = 0

  /** Reads the place of the next line. Another process may have written since. */
  function open(): void {
    if (isOpen) return
    isOpen = true
    const { block: last = 0, hour = -1, used = 0 } = lastBlock.get() ?? {}
    block = { block: Number(last), hour: Number(hour), used: Number(used), isChanged: false }
  }

  function closeBlock(): void {
    if (block.isChanged) writeBlock.run(block.block, block.hour, block.used)
  }

  function nextId(): number {
    open()
    const hour = Math.floor(now / HOUR)
    if (block.used === linesPerBlock || block.hour !== hour) {
      closeBlock()
      block = { block: block.block + 1, hour, used: 0, isChanged: false }
    }
    block.isChanged = true
    const id = block.block * linesPerBlock + block.used++
    firstNew = Math.min(firstNew, id)
    return id
  }

  const kindOf = ({ part: { source, channel }, eventName, event }: EventLine): number =>
    kinds.idOf({ source, channel: event.merged ? 'merged' : channel, eventName, event: event.data.event })

  /** What a line has of its event. */
  function valuesOf(line: EventLine): WaitingLine {
    const { user, properties } = line.event.data
    const { value = null, currency = null } = properties
    const person = references.of(personHashes(user))
    return { id: nextId(), kind: kindOf(line), keys: matchKeyBits(user), value, currency, person }
  }

  function insert(line: EventLine): number {
    const { event, status = 'waiting', reason, isOrder = false } = line
    const { id, kind, keys, value, currency, person } = valuesOf(line)
    const shown = shownId(event.data.event_id)
    const code = statusCode(status)
    const why = reason ?? null
    const order_id = otherOrderId(event) ?? null
    const row = [id, block.block, now, kind, code, shown, keys, value, currency, person, Number(isOrder), why, order_id]
    insertLine.run(...row)
    rollUp.addBytes(id, lineBytes + 2 * shown.length + (reason?.length ?? 0) + (person?.length ?? 0))
    linesOfEvents++
    rollUp.count({ id, kind, status: code }, 1)
    if (isOrder) rollUp.countOrder(id, { value: value ?? 0, currency: currency ?? '' }, 1)
    return id
  }

  /** Returns the line for a waiting event's row, or `undefined` if the line shows another ID than the event's. `insert` that one. */
  function waitingLine(line: EventLine): WaitingLine | undefined {
    const { event_id } = line.event.data
    if (shownId(event_id) !== event_id || otherOrderId(line.event) !== undefined) return undefined
    return valuesOf(line)
  }

  /** Counts a line that was added with a row. */
  const countWaiting = ({ id, kind }: WaitingLine): void => rollUp.count({ id, kind, status: statusCode('waiting') }, 1)

  function insertUnsent({ source, channel }: LogPart, unsent: UnsentEvent): void {
    const { eventName, event, event_id, status, reason } = unsent
    const id = nextId()
    const kind = kinds.idOf({ source, channel, eventName, event })
    const shown = shownId(event_id)
    const code = statusCode(status)
    insertLine.run(id, block.block, now, kind, code, shown, 0, null, null, null, 0, reason, null)
    rollUp.addBytes(id, lineBytes + 2 * shown.length + reason.length)
    rollUp.count({ id, kind, status: code }, 1)
  }

  return {
    ...changes,

    /** How many lines of events were inserted, and changed with others of their batch, since the database was opened. */
    lines: (): number => linesOfEvents + changes.concluded(),

    /** Runs work that writes lines, in a transaction. `time` is in milliseconds since 1970. */
    within<Answer>(time: number, work: () => Answer): Answer {
      now = time
      isOpen = false
      firstNew = Number.POSITIVE_INFINITY
      rollUp.clear()
      block.isChanged = false
      const answer = work()
      closeBlock()
      rollUp.write()
      return answer
    },

    insert,
    insertUnsent,
    waitingLine,
    countWaiting,

    /** True if the line was written in this transaction. */
    isNew: (id: number): boolean => id >= firstNew,

    /** Call it after a rollback. */
    rollBack(): void {
      kinds.forget()
      references.forget()
    },

    /** The keyed references of hashes. */
    references: references.of,
  }
}
