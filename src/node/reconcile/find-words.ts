import type { EventLog, LogLine } from '../../store/event-log.ts'
import { shownId } from '../../store/log-entry.ts'
import type { OrderTraces } from '../../store/order-traces.ts'
import type { FileOrder } from '../orders-file/read-orders.ts'
import { type OrderFinding, wordOf } from './order-word.ts'

/** An order of the file, and its status. */
export interface CheckedOrder extends OrderFinding {
  order: FileOrder
}

export interface Checked {
  orders: CheckedOrder[]
  /** Orders that never arrived and were not expected, by reason. */
  leftOut: Map<string, number>
}

export interface FindOptions {
  traces: OrderTraces
  /** Missing if there is no log. */
  log: EventLog | undefined
  logStart: number
  /** Only orders from this time on, in milliseconds since 1970. */
  since: number
  /** Why an order is not expected, or `undefined`. */
  whyLeftOut: (order: FileOrder) => string | undefined
  /** Shows how many orders were checked. */
  show: (count: number) => void
}

const chunk = 500

/** Converge's events of an order. Others, such as a refund, may carry the order's ID, too. */
const orderEvents = ['Placed Order', 'Placed Recurring Subscription Order']

/** Finds the status of each order. */
export async function findWords(orders: AsyncIterable<FileOrder>, options: FindOptions): Promise<Checked> {
  const checked: Checked = { orders: [], leftOut: new Map() }
  const seen = new Set<string>()
  let part: FileOrder[] = []
  const check = async () => {
    await checkPart(part, options, checked)
    part = []
    options.show(seen.size)
  }
  for await (const order of orders) {
    if (order.time < options.since || seen.has(order.id)) continue
    seen.add(order.id)
    part.push(order)
    if (part.length >= chunk) await check()
  }
  await check()
  return checked
}

async function checkPart(part: readonly FileOrder[], options: FindOptions, checked: Checked): Promise<void> {
  if (!part.length) return
  const ids = part.map(({ id }) => id)
  const traces = new Map((await options.traces.find(ids)).map((trace) => [trace.id, trace]))
  const lines = new Map<string, LogLine[]>()
  for (const line of (await options.log?.find(ids)) ?? []) {
    if (orderEvents.includes(line.eventName)) lines.set(line.event_id, [...(lines.get(line.event_id) ?? []), line])
  }
  for (const order of part) {
    const { id, time } = order
    const { logStart } = options
    const finding = wordOf({ time, trace: traces.get(id), lines: lines.get(shownId(id)) ?? [], logStart })
    const isAbsent = finding.word === 'never_seen' || finding.word === 'unknown'
    const reason = isAbsent ? options.whyLeftOut(order) : undefined
    if (reason === undefined) checked.orders.push({ ...finding, order })
    else checked.leftOut.set(reason, (checked.leftOut.get(reason) ?? 0) + 1)
  }
}
