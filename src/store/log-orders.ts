import type { OutboxEvent } from '../server/outbox.ts'
import { isSent } from './add-result.ts'
import type { HeldRow, OrderDecision } from './decide-order.ts'
import type { LogPart, LogStatus } from './event-log.ts'
import type { KeptEvent } from './waiting-event.ts'

/** Why an event is not sent, in the log. */
export const NO_CONSENT = 'the visitor denied consent, or did not grant it'

/** What an event of a request gets in the log. */
export interface EventLine {
  part: LogPart
  /** Converge's name of the event. */
  eventName: string
  event: OutboxEvent
  /** Default `waiting`. */
  status?: LogStatus
  reason?: string
  /** True for the line that counts for its order. */
  isOrder?: boolean
}

/** Adds and changes lines. A line is known by its ID. */
export interface OrderLines {
  insert(line: EventLine): number
  /** Makes the line that of both copies of an order. `source` is the name of the signed one. */
  merge(line: number, change: { event: OutboxEvent; source?: string; isOrder: boolean }): void
  /** Records that a waiting event is not sent. */
  skip(line: number, status: Extract<LogStatus, 'skipped' | 'no_consent'>, reason: string): void
  /** True if the line counts for its order. */
  isOrder(line: number): boolean
}

/** A copy of an order that arrived, and what the store decided on it. */
export interface DecidedOrder {
  kept: readonly KeptEvent[]
  decision: OrderDecision
  held: readonly HeldRow[]
  /** Missing if the request is not logged. */
  part?: LogPart | undefined
}

/**
 * Writes the lines of an order's copy, and changes those of its other copy, which waits. The two copies of a merged order share
 * a line. Returns the lines of the rows to insert, by TikTok's event name.
 */
export function logOrder(log: OrderLines, { kept, decision, held, part }: DecidedOrder): Map<string, number> {
  const lineOf = (row: HeldRow | undefined) => held.find(({ id }) => id === row?.id)?.line
  for (const row of decision.replace) {
    const line = lineOf(row)
    if (line !== undefined) log.merge(line, { event: row.event, isOrder: log.isOrder(line) })
  }
  const lines = new Map<string, number>()
  const isSameEvent = (row: HeldRow, name: string) => row.event.data.event === name
  for (const [index, { event: row, eventName = '' }] of kept.entries()) {
    const result = decision.results[index] ?? 'already_sent'
    const name = row.data.event
    // A page's copy that is merged has the line of the row that it was merged into.
    if (!part || (result === 'merged' && row.source !== 'signed')) continue
    if (!isSent(result, row)) {
      log.insert({ part, eventName, event: row, status: 'skipped', reason: result })
      continue
    }
    const event = decision.insert.find(({ event }) => event.data.event === name)?.event ?? row
    const isOrder = lines.size === 0
    const pageLine = result === 'merged' ? lineOf(decision.remove.find((one) => isSameEvent(one, name))) : undefined
    if (pageLine !== undefined) log.merge(pageLine, { event, source: part.source, isOrder })
    lines.set(name, pageLine ?? log.insert({ part, eventName, event, status: 'waiting', isOrder }))
  }
  const reason = decision.results.includes('merged') ? 'left_to_source' : 'conflict'
  const used = new Set(lines.values())
  for (const row of decision.remove) {
    const line = lineOf(row)
    if (line !== undefined && !used.has(line)) log.skip(line, 'skipped', reason)
  }
  return lines
}
