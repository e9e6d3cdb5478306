import type { Intake } from '../../server/intake.ts'
import { parseServerEvent } from '../../server/parse.ts'
import type { ReadServerEvents } from '../../server/server-intake.ts'
import { isSent } from '../../store/fate.ts'
import type { Store } from '../../store/store.ts'
import type { FileOrder } from '../orders-file/read-orders.ts'
import { toEvent } from './to-event.ts'

export interface SendOptions {
  store: Pick<Store, 'add'>
  /** The pipeline of the source that the orders belong to. */
  read: ReadServerEvents
  /** True if events are logged. */
  hasLog: boolean
  /** Why an order must not be sent, or `undefined`. */
  whyUnsafe: (order: FileOrder) => string | undefined
  /** Milliseconds since 1970. */
  now: () => number
}

/** An order that was to be sent. `notSent` is the reason if it was not. */
export interface SentOrder {
  order: FileOrder
  notSent: string | undefined
}

/**
 * Adds an order to the database, as its source would have. Each order is one transaction that also adds it to the order memory, so
 * that an order is neither lost nor sent twice if this process ends at any moment, or if its source sends it meanwhile.
 */
export async function sendOrder(order: FileOrder, options: SendOptions): Promise<SentOrder> {
  const unsafe = options.whyUnsafe(order)
  if (unsafe !== undefined) return { order, notSent: unsafe }
  const receivedAt = options.now()
  const intake = options.read(parseServerEvent(toEvent(order)), { receivedAt, isClockSteady: true })
  const events = intake.taken.map(({ event }) => event)
  const reason = whyNot(intake)
  if (reason !== undefined) return { order, notSent: reason }
  const log = { ...intake.log, eventNames: intake.taken.map(({ eventName }) => eventName) }
  const extras = { history: intake.history, ...(options.hasLog && { log }) }
  const fates = await options.store.add(events, { mergeOrders: 0 }, extras)
  const isAdded = events.some((event, index) => isSent(fates[index] ?? 'already_sent', event))
  return { order, notSent: isAdded ? undefined : 'arrived meanwhile' }
}

function whyNot({ taken, statuses = {}, problems, late }: Intake): string | undefined {
  if (taken.length) return undefined
  if (late.length) return 'too late: TikTok could count it a second time'
  if (statuses.no_consent) return 'no consent: a grant is needed, and none is recorded with the order'
  if (statuses.filtered) return 'filtered'
  if (statuses.skipped) return 'the mapping has no server row for it'
  return problems.map(({ path, message }) => `${path} ${message}`.trim())[0] ?? 'it could not be read'
}
