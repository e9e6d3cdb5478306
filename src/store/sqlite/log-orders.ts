import type { HeldRow, OrderDecision } from '../decide-order.ts'
import type { LogPart } from '../event-log.ts'
import { isSent } from '../fate.ts'
import type { KeptEvent } from '../waiting-event.ts'
import type { LogWriter } from './log-writer.ts'

/** A copy of an order that arrived, and what the store decided on it. */
export interface DecidedOrder {
  kept: readonly KeptEvent[]
  decision: OrderDecision
  held: readonly HeldRow[]
  /** Missing if the request is not logged. */
  part?: LogPart | undefined
}

/**
 * Writes the lines of an order's copy, and changes those of its waiting twin. The two copies of a merged order share a line.
 * Returns the lines of the rows to insert, by TikTok's event name.
 */
export function logOrder(log: LogWriter, { kept, decision, held, part }: DecidedOrder): Map<string, number> {
  const lineOf = (row: HeldRow | undefined) => held.find(({ id }) => id === row?.id)?.line
  for (const row of decision.replace) {
    const line = lineOf(row)
    if (line !== undefined) log.merge(line, { event: row.event, isOrder: log.isOrder(line) })
  }
  const lines = new Map<string, number>()
  const isTwin = (row: HeldRow, name: string) => row.event.data.event === name
  for (const [index, { event: row, eventName = '' }] of kept.entries()) {
    const fate = decision.fates[index] ?? 'already_sent'
    const name = row.data.event
    // A page's copy that is merged has the line of the row that it was merged into.
    if (!part || (fate === 'merged' && row.source !== 'signed')) continue
    if (!isSent(fate, row)) {
      log.insert({ part, eventName, event: row, status: 'skipped', reason: fate })
      continue
    }
    const event = decision.insert.find(({ event }) => event.data.event === name)?.event ?? row
    const isOrder = lines.size === 0
    const twin = fate === 'merged' ? lineOf(decision.remove.find((one) => isTwin(one, name))) : undefined
    if (twin !== undefined) log.merge(twin, { event, source: part.source, isOrder })
    lines.set(name, twin ?? log.insert({ part, eventName, event, status: 'waiting', isOrder }))
  }
  const reason = decision.fates.includes('merged') ? 'left_to_source' : 'conflict'
  const used = new Set(lines.values())
  for (const row of decision.remove) {
    const line = lineOf(row)
    if (line !== undefined && !used.has(line)) log.skip(line, 'skipped', reason)
  }
  return lines
}
