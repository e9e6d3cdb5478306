import { isDeniedByGpc, type Refusal, refusalOf } from '../core/consent.ts'
import { keyOf } from '../store/profile.ts'
import { fromPage, type Visit } from '../tiktok/events-api/payload.ts'
import { currentName } from '../tiktok/names.ts'
import type { Rules } from '../tiktok/rules.ts'
import type { Channel, Config, Decision } from '../types.ts'
import type { Intake, Late, Taken } from './intake.ts'
import { type PageEvent, type Problem, parsePageRequest } from './parse.ts'
import { sortByAge } from './sort-by-age.ts'
import { faultOf } from './sound-text.ts'
import type { Source } from './sources/sources.ts'
import { lateEvents, unreadable, unsentEvent } from './unsent.ts'

/** Facts about the visit that come from the request itself. */
export interface PageRequestFacts extends Pick<Visit, 'receivedAt' | 'earliest' | 'ip' | 'userAgent' | 'allowTest'> {
  /** The latest that `receivedAt` may truly be, if our clock was changed. In milliseconds since 1970. */
  latest: number
  /** True if the request has the Global Privacy Control header. */
  gpc: boolean
}

/** Reads what a page posts, and checks it against the forwarder's own mapping and consent mode. */
export function createPageIntake({
  name: source,
  config,
  rules,
}: Source): (body: string, facts: PageRequestFacts) => Intake {
  const { consent: mode = 'always', gpc } = config
  const namesFor = namesForServer(rules)

  /** The TikTok events of a page's event that the server may send. */
  function mappedOf({ eventName, send }: PageEvent, path: string, problems: Problem[]): PageEvent['send'] {
    const names = namesFor.get(eventName)
    const mapped: PageEvent['send'] = []
    for (const [index, { event, parameters }] of send.entries()) {
      // An older page posts TikTok's old names. Two of them may have the same current name.
      const name = currentName(event)
      const message = "is not an event that the forwarder's own mapping makes of this eventName for the server"
      if (!names?.includes(name)) problems.push({ path: `${path}.send[${index}].event`, message })
      else if (!mapped.some(({ event }) => event === name)) mapped.push({ event: name, parameters })
    }
    return mapped
  }

  return (body, facts) => {
    const { sentAt, good, bad, problems, denied, cookies } = parsePageRequest(body)
    const mayKeep = (event: PageEvent) =>
      event.visitor === cookies?.visitor && !refusalIn(event, config, facts.gpc, 'pixel')
    const late: Late[] = []
    const unsent = bad.map(({ given, problem }) => unreadable(given, problem))
    const taken = good.flatMap(({ path, event }) => {
      const faults = faultsOf(event, path)
      if (faults.length > 0) {
        problems.push(...faults)
        unsent.push(...faults.slice(0, 1).map((fault) => unreadable(event, fault)))
        return []
      }
      if (refusalIn(event, config, facts.gpc, 'relay')) {
        problems.push({ path: `${path}.consent`, message: `does not allow the server copy in consent mode ${mode}` })
        unsent.push(unsentEvent('no_consent', `consent mode ${mode}`, namesOf(event)))
        return []
      }
      const marketing = decisionOf(event)
      const isBare = mode === 'always_server' && marketing !== 'granted'
      const isLimited = isOptedOut(event, facts.gpc) && gpc !== 'ignore'
      const limitedDataUse = config.limitedDataUse === true || isLimited
      const visit: Visit = { ...facts, sentAt, limitedDataUse, isOptedOut: isLimited, marketing, isBare }
      const mapped = mappedOf(event, path, problems)
      if (mapped.length === 0) unsent.push(unsentEvent('skipped', 'not_mapped', namesOf(event)))
      const sorted = sortByAge(fromPage(event, mapped, visit), facts.receivedAt)
      if (sorted.late.length) {
        problems.push({ path, message: sorted.message })
        late.push({ event_name: event.eventName, event_id: event.eventID, events: sorted.late })
        unsent.push(...lateEvents(event.eventName, sorted.late))
      }
      return sorted.inTime.map(
        (one): Taken => ({ path, eventName: event.eventName, event: { ...one, source: 'page' } }),
      )
    })
    const kept = cookies && good.some(({ event }) => mayKeep(event)) ? cookies : undefined
    const denials = denied === undefined ? [] : [{ keys: [keyOf('visitor', denied)], time: facts.latest }]
    const log = { source, channel: 'page' as const, unsent }
    return { taken, problems, late, denials, log, cookies: denied === undefined ? kept : 'expired' }
  }
}

const namesOf = ({ eventName, eventID }: PageEvent) => ({ eventName, event_id: eventID })

function faultsOf({ eventName, eventID, send }: PageEvent, path: string): Problem[] {
  const faults: Problem[] = []
  function check(text: string, place: string): void {
    const message = faultOf(text)
    if (message) faults.push({ path: `${path}.${place}`, message })
  }
  check(eventName, 'eventName')
  check(eventID, 'eventID')
  for (const [index, { event }] of send.entries()) check(event, `send[${index}].event`)
  return faults
}

/**
 * The TikTok event names that the server may send, by Converge event name. Only names can be checked: the page has applied
 * the filters, and does not post the properties that they test.
 */
function namesForServer({ mapping }: Rules): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(mapping).map(([eventName, rows]) => [
      eventName,
      rows.filter(({ forward }) => forward !== 'client').map(({ event }) => event),
    ]),
  )
}

/** True if the browser sends Global Privacy Control. The header is missing if the page posts from a worker or through a proxy. */
const isOptedOut = (event: PageEvent, hasHeader: boolean): boolean => hasHeader || event.gpc === true

/** Why a copy of a page's event may not be sent, if so. */
function refusalIn(
  event: PageEvent,
  { consent, gpc }: Config,
  hasHeader: boolean,
  channel: Channel,
): Refusal | undefined {
  const marketing = decisionOf(event)
  return isDeniedByGpc(isOptedOut(event, hasHeader), gpc, marketing) ? 'denied' : refusalOf(consent, marketing, channel)
}

/** A decision without marketing denies marketing. */
function decisionOf({ consent: { analytics, marketing } }: PageEvent): Decision | undefined {
  return marketing ?? (analytics && 'denied')
}
