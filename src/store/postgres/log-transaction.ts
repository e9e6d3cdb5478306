import type { OutboxEvent } from '../../server/outbox.ts'
import type { LogChannel, LogPart, LogStatus, UnsentEvent } from '../event-log.ts'
import { statusCode } from '../line-outcome.ts'
import { matchKeyBits, otherOrderId, personHashes, shownId } from '../log-entry.ts'
import type { OrderLines } from '../log-orders.ts'

/** A line to insert, by the names of its columns. */
export interface NewLine {
  source: string
  channel: LogChannel
  event_name: string
  event: string
  event_id: string
  order_id?: string | undefined
  status: number
  keys: number
  is_order: boolean
  value?: number | undefined
  currency?: string | undefined
  /** SHA-256 hashes of the person. */
  hashes: readonly string[]
  reason?: string | undefined
}

/** Changes of a line that the database has. */
export type LineChange = Partial<Omit<NewLine, 'channel'>> & { channel?: LogChannel }

/** The lines that a transaction adds and changes. A new line has a negative ID until it is inserted. */
export interface LogTransaction extends OrderLines {
  /** Profiles have filled the event. */
  fill(line: number, event: OutboxEvent): void
  insertUnsent(part: LogPart, unsent: UnsentEvent): void
  added: readonly NewLine[]
  changed: ReadonlyMap<number, LineChange>
}

// Names that are not in the mapping may be any text. Each needs counts of its own, so their number is limited.
const MOST_NAMES = 1000
const OTHERS = 'Other events'
const LONGEST_NAME = 200
// An index on an ID has a limit.
const LONGEST_ID = 500
const LONGEST_TEXT = 1000

/** A text that PostgreSQL can store: without NUL, and without half of a surrogate pair. */
export const toStored = (text: string, longest = LONGEST_TEXT): string =>
  Buffer.from(text.replaceAll('\0', '').slice(0, longest)).toString()

/** An ID as the log stores it. */
export const toStoredId = (id: string): string => toStored(shownId(id), LONGEST_ID)

/** Limits the names that this process counts. */
export function createNames(): (eventName: string) => string {
  const known = new Set<string>()
  return (eventName) => {
    const name = toStored(eventName, LONGEST_NAME)
    if (known.has(name)) return name
    if (known.size >= MOST_NAMES) return OTHERS
    known.add(name)
    return name
  }
}

interface LogTransactionOptions {
  nameOf: (eventName: string) => string
  /** IDs of stored lines that count for their orders. */
  orderLines: ReadonlySet<number>
}

export function createLogTransaction({ nameOf, orderLines }: LogTransactionOptions): LogTransaction {
  const added: NewLine[] = []
  const changed = new Map<number, LineChange>()

  function change(id: number, more: LineChange): void {
    const fresh = added[-id - 1]
    if (fresh) Object.assign(fresh, more)
    else changed.set(id, { ...changed.get(id), ...more })
  }

  return {
    added,
    changed,

    insert({ part, eventName, event, status = 'waiting', reason, isOrder = false }) {
      added.push({
        source: toStored(part.source, LONGEST_NAME),
        channel: event.merged ? 'merged' : part.channel,
        event_name: nameOf(eventName),
        event: toStored(event.data.event, LONGEST_NAME),
        event_id: toStoredId(event.data.event_id),
        order_id: toStoredOrderId(event),
        status: statusCode(status),
        is_order: isOrder,
        reason: reason && toStored(reason),
        ...contentOf(event),
      })
      return -added.length
    },

    insertUnsent({ source, channel }, { eventName, event, event_id, status, reason }) {
      added.push({
        source: toStored(source, LONGEST_NAME),
        channel,
        event_name: nameOf(eventName),
        event: toStored(event, LONGEST_NAME),
        event_id: toStoredId(event_id),
        status: statusCode(status),
        keys: 0,
        is_order: false,
        hashes: [],
        reason: toStored(reason),
      })
    },

    merge(id, { event, source, isOrder }) {
      const content = { channel: 'merged' as const, is_order: isOrder, ...contentOf(event) }
      change(id, source === undefined ? content : { ...content, source: toStored(source, LONGEST_NAME) })
    },

    fill(id, { data: { user } }) {
      change(id, { keys: matchKeyBits(user), hashes: personHashes(user) })
    },

    skip(id, status: Extract<LogStatus, 'skipped' | 'no_consent'>, reason) {
      change(id, { status: statusCode(status), reason, is_order: false })
    },

    isOrder: (id) => added[-id - 1]?.is_order ?? changed.get(id)?.is_order ?? orderLines.has(id),
  }
}

function toStoredOrderId(event: OutboxEvent): string | undefined {
  const id = otherOrderId(event)
  return id === undefined ? undefined : toStored(id, LONGEST_ID)
}

function contentOf({ data: { user, properties } }: OutboxEvent) {
  const { value, currency } = properties
  return {
    keys: matchKeyBits(user),
    value,
    currency: currency && toStored(currency, LONGEST_NAME),
    hashes: personHashes(user),
  }
}
