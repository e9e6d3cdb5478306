import type { Intake } from '../../server/intake.ts'
import { parseServerEvent } from '../../server/parse.ts'
import type { ReadServerEvents } from '../../server/server-intake.ts'
import { isSent } from '../../store/add-result.ts'
import type { ProfileOptions, Store } from '../../store/store.ts'
import type { FileOrder } from '../orders-file/read-orders.ts'
import { toEvent } from './to-event.ts'

export interface SendOptions {
  store: Pick<Store, 'add'>
  /** The pipeline of the source that the orders belong to. */
  read: ReadServerEvents
  /** True if events are logged. */
  hasLog: boolean
  /** The rules of the config on consent and profiles. */
  rules: ProfileOptions
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
 * Adds an order to the database, as its source does. Each order is one transaction that also adds it to the order memory. So no
 * order is lost or sent twice if this process ends at any moment, or if the source sends it meanwhile.
 */
export async function sendOrder(order: FileOrder, options: SendOptions): Promise<SentOrder> {
  const unsafe = options.whyUnsafe(order)
  if (unsafe !== undefined) return { order, notSent: unsafe }
  const { store, rules, hasLog } = options
  // 0, because the page's copy would have arrived by now. What is undecided is decided at once.
  const addition = { ...rules, mergeOrders: 0 }
  const intake = options.read(parseServerEvent(toEvent(order)), { receivedAt: options.now(), isClockSteady: true })
  const { denials, history } = intake
  const events = intake.taken.map(({ event }) => event)
  if (!events.length) {
    if (denials.length) await store.add([], addition, { denials })
    return { order, notSent: whyNot(intake) }
  }
  const log = { ...intake.log, eventNames: intake.taken.map(({ eventName }) => eventName) }
  const results = await store.add(events, addition, { denials, history, ...(hasLog && { log }) })
  if (events.some((event, index) => isSent(results[index] ?? 'already_sent', event)))
    return { order, notSent: undefined }
  return { order, notSent: results.includes('no_consent') ? noConsent : 'arrived meanwhile' }
}

const noConsent = 'no consent: a grant is needed, and none is recorded'

function whyNot({ statuses = {}, problems, late }: Intake): string {
  if (late.length) return 'too late: TikTok could count it a second time'
  if (statuses.no_consent) return noConsent
  if (statuses.filtered) return 'filtered'
  if (statuses.skipped) return 'the mapping has no server row for it'
  return problems.map(({ path, message }) => `${path} ${message}`.trim())[0] ?? 'it could not be read'
}
