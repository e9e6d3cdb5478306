import { isDeniedByGpc, refusalOf } from '../core/consent.ts'
import { copyRecord, createEvent } from '../core/event.ts'
import { suggestEventName } from '../core/event-synonyms.ts'
import { readText } from '../core/read.ts'
import type { CustomerOrder } from '../store/customer-history.ts'
import type { UnsentEvent } from '../store/event-log.ts'
import { keysOf, type Owned, personOf } from '../store/profile.ts'
import type { Denial } from '../store/profile-events.ts'
import { fromServer, type ServerProfile } from '../tiktok/events-api/payload.ts'
import type { ConvergeEvent, Status } from '../types.ts'
import { createBlockingFilter } from './blocking-filter.ts'
import { findHints } from './event-hints.ts'
import type { Intake, Late, Statuses, Taken } from './intake.ts'
import { type HistoryConfig, routeByCustomer, toCustomerOrder } from './new-customers.ts'
import type { OutboxEvent } from './outbox.ts'
import type { ParsedRequest, Problem, ServerEvent } from './parse.ts'
import { readProfile } from './profile.ts'
import { sortByAge } from './sort-by-age.ts'
import { faultOf } from './sound-text.ts'
import type { Source } from './sources/sources.ts'
import { lateEvents, type ReasonOf, unreadable, unsentEvent } from './unsent.ts'

/** Facts about a server's request, besides its body. */
export interface ServerRequestFacts {
  /** Milliseconds since 1970. */
  receivedAt: number
  /** True if the clock is reliable. If not, late events go to the outbox, where somebody can retry them. */
  isClockSteady: boolean
}

/** The path of an event, and the lists that collect its problems. */
interface Place extends ServerRequestFacts {
  path: string
  problems: Problem[]
  late: Late[]
  denials: Denial[]
  unsent: UnsentEvent[]
  /** Orders for the history of customers. */
  orders: CustomerOrder[]
}

const inDoubt =
  "It is kept, because the server's clock was changed within the last hour: npx converge-tiktok outbox retry checks its age again"

export type ReadServerEvents = (request: ParsedRequest<ServerEvent>, facts: ServerRequestFacts) => Intake

export interface ServerIntakeOptions {
  /** If set, orders are added to the history of customers, even if they are not sent. */
  history?: HistoryConfig | undefined
  /** True if an event without a decision may wait for that of the page or the visitor's profile. Only a store can wait. */
  canWait: boolean
}

/** Runs the whole pipeline for a server's events from one source. `web` is the page's source. */
export function createServerIntake(
  { name, config, rules }: Source,
  web: Source,
  { history, canWait }: ServerIntakeOptions,
): ReadServerEvents {
  const { consent: mode = 'always' } = config
  const blockingFilter = createBlockingFilter(config.filters)

  /** TikTok deduplicates by event name, so this depends on what the page sends under the name, not on this source's row. */
  const isBesidePixel = (eventName: string, event: string) =>
    web.rules.mapping[eventName]?.some((row) => row.event === event && row.forward !== 'server') ?? false

  function run(
    given: ServerEvent,
    { path, receivedAt, problems, late, denials, orders, unsent, isClockSteady }: Place,
  ): [status: Status, events: OutboxEvent[]] {
    const event = createEvent(given.event_name, copyRecord(given.properties), given.event_id, () => crypto.randomUUID())
    const names = { eventName: event.eventName, event_id: event.eventID }
    const drop = <Given extends UnsentEvent['status']>(
      status: Given,
      reason: ReasonOf<Given>,
    ): [Status, OutboxEvent[]] => {
      unsent.push(unsentEvent(status, reason, names))
      return [status, []]
    }
    const faults = faultsOf(event, given, path)
    if (faults.length > 0) {
      problems.push(...faults)
      return drop('failure', faults[0]?.message ?? '')
    }
    event.properties.$sales_channel_type = salesChannelOf(event.properties)
    event.properties.$source = name
    const profile = readProfile(copyRecord(given.profile_properties), event.properties, given.aliases ?? [])
    if (profile.isConsentUnreadable) {
      problems.push({ path: join(path, 'profile_properties.$consent'), message: "must be 'granted' or 'denied'" })
      return drop('failure', "profile_properties.$consent must be 'granted' or 'denied'")
    }
    const time = Math.min(given.timestamp ?? receivedAt, receivedAt)
    const order = history && toCustomerOrder(event, { given, time, profile, history })
    if (order) orders.push(order)
    const { marketing } = profile
    if (marketing === 'denied') denials.push(toDenial(profile, time))
    const refusal = refusalOf(mode, marketing, 'relay')
    if (isDeniedByGpc(profile.gpc, config.gpc, marketing) || (refusal && !(canWait && refusal === 'undecided')))
      return drop('no_consent', `consent mode ${mode}`)
    const rows = routeByCustomer(event, rules, config, order !== undefined)
    if (!rows) return drop('filtered', blockingFilter(event.eventName, event.properties))
    const forServer = rows.filter(({ row }) => row.forward !== 'client')
    if (forServer.length === 0) {
      const meant = suggestEventName(event.eventName, rules.mapping)
      const message = `has no row in the mapping. Did you mean "${meant}"?`
      if (meant) problems.push({ path: join(path, 'event_name'), message })
      return drop('skipped', rows.length ? 'browser_only' : 'not_mapped')
    }
    problems.push(...findHints(event, given, forServer).map((one) => ({ ...one, path: join(path, one.path) })))
    const sent = forServer.map(({ row }) => ({
      ...row,
      forward: isBesidePixel(event.eventName, row.event) ? ('client_and_server' as const) : ('server' as const),
    }))
    const events = fromServer(event, { rows: sent, profile, time, config }).map(
      (one): OutboxEvent => ({ ...one, source: 'signed' }),
    )
    for (const [index, one] of events.entries()) {
      const { customers } = forServer[index] ?? {}
      if (customers) order?.rows.push({ event: one, customers })
    }
    const sorted = sortByAge(events, receivedAt)
    const status = sorted.inTime.length ? 'success' : 'skipped'
    if (!isClockSteady) {
      if (sorted.late.length) problems.push({ path, message: `${sorted.message}. ${inDoubt}` })
      return [status, events]
    }
    if (sorted.late.length) {
      problems.push({ path, message: sorted.message })
      late.push({ event_name: event.eventName, event_id: event.eventID, events: sorted.late })
      unsent.push(...lateEvents(event.eventName, sorted.late))
    }
    return [status, sorted.inTime]
  }

  return ({ good, bad, problems }, facts) => {
    const statuses: Statuses = {}
    const late: Late[] = []
    const denials: Denial[] = []
    const orders: CustomerOrder[] = []
    const unsent = bad.map(({ given, problem }) => unreadable(given, problem))
    const taken = good.flatMap(({ path, event }) => {
      const [status, events] = run(event, { ...facts, path, problems, late, denials, orders, unsent })
      statuses[status] = (statuses[status] ?? 0) + 1
      const isInDoubt = status === 'skipped'
      const eventName = event.event_name
      return events.map((one): Taken => ({ path, eventName, event: one, ...(isInDoubt && { isInDoubt }) }))
    })
    return {
      taken,
      problems,
      late,
      denials,
      statuses,
      log: { source: name, channel: 'server', unsent },
      ...(history && orders.length > 0 && { history: { orders, keepFor: history.keepFor } }),
    }
  }
}

/** A signed source may deny by any key that it names. */
function toDenial({ user, visitor, aliases }: ServerProfile, time: number): Denial {
  const owned: Owned = { ...(visitor !== undefined && { visitor }), aliases, source: 'signed', data: { user } }
  return { keys: keysOf(owned), person: personOf(owned), time }
}

/** The sender's value. Default `web`, as in a page, so that a filter on it also lets a server's orders through. */
function salesChannelOf({ $sales_channel_type, source_name }: ConvergeEvent['properties']): unknown {
  if (readText($sales_channel_type)) return $sales_channel_type
  const source = readText(source_name)
  // Shopify's names for orders from outside its online store. Renewals have several names with this prefix.
  if (source.startsWith('subscription_contract')) return 'subscription_contract'
  return source === 'pos' ? source : 'web'
}

/** Checks the event name and ID. The ID may come from `properties.id`. */
function faultsOf({ eventName, eventID }: ConvergeEvent, given: ServerEvent, path: string): Problem[] {
  const ofName = faultOf(eventName)
  const ofID = faultOf(eventID)
  const idPath = eventID === String(given.event_id) ? 'event_id' : 'properties.id'
  return [
    ...(ofName ? [{ path: join(path, 'event_name'), message: ofName }] : []),
    ...(ofID ? [{ path: join(path, idPath), message: ofID }] : []),
  ]
}

function join(path: string, part: string): string {
  return path ? `${path}.${part}` : part
}
