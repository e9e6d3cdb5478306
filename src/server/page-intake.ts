import { isDeniedByGpc, refusalOf } from '../core/consent.ts'
import { fromPage, type Visit } from '../tiktok/events-api/payload.ts'
import { currentName } from '../tiktok/names.ts'
import type { Rules } from '../tiktok/rules.ts'
import type { Decision } from '../types.ts'
import type { Intake, Late, Taken } from './intake.ts'
import { type PageEvent, type Problem, parsePageRequest } from './parse.ts'
import { sortByAge } from './sort-by-age.ts'
import { faultOf } from './sound-text.ts'
import type { Source } from './sources/sources.ts'

/** What the request itself tells of a visit. */
export interface PageRequestFacts extends Pick<Visit, 'receivedAt' | 'ip' | 'userAgent' | 'allowTest'> {
  /** Whether it carries Global Privacy Control. */
  gpc: boolean
}

/** Holds what a page posts to the forwarder's own mapping and consent mode. */
export function createPageIntake({ config, rules }: Source): (body: string, facts: PageRequestFacts) => Intake {
  const { consent: mode = 'always', gpc } = config
  const namesFor = namesForServer(rules)

  /** Of what a page made of an event, that which goes to the server. */
  function mappedOf({ eventName, send }: PageEvent, path: string, problems: Problem[]): PageEvent['send'] {
    const names = namesFor.get(eventName)
    const mapped = new Map<string, PageEvent['send'][number]>()
    for (const [index, { event, parameters }] of send.entries()) {
      // An older page posts TikTok's old names, and may post two that are one name today.
      const name = currentName(event)
      const message = "is not what the forwarder's own mapping makes of that eventName and sends to the server"
      if (!names?.includes(name)) problems.push({ path: `${path}.send[${index}].event`, message })
      else if (!mapped.has(name)) mapped.set(name, { event: name, parameters })
    }
    return [...mapped.values()]
  }

  return (body, facts) => {
    const { sentAt, good, problems } = parsePageRequest(body)
    const late: Late[] = []
    const taken = good.flatMap(({ path, event }) => {
      const faults = faultsOf(event, path)
      if (faults.length > 0) {
        problems.push(...faults)
        return []
      }
      // A page that posts by a worker, or behind a proxy, sends no header.
      const isOptedOut = facts.gpc || event.gpc === true
      const marketing = decisionOf(event)
      if (isDeniedByGpc(isOptedOut, gpc, marketing) || refusalOf(mode, marketing, 'relay')) {
        problems.push({ path: `${path}.consent`, message: `does not allow the server copy in consent mode ${mode}` })
        return []
      }
      const isBare = mode === 'always_server' && marketing !== 'granted'
      const limitedDataUse = config.limitedDataUse === true || (isOptedOut && gpc !== 'ignore')
      const visit: Visit = { ...facts, sentAt, limitedDataUse, isBare }
      const sorted = sortByAge(fromPage(event, mappedOf(event, path, problems), visit), facts.receivedAt)
      if (sorted.late.length) {
        problems.push({ path, message: sorted.message })
        late.push({ event_name: event.eventName, event_id: event.eventID, events: sorted.late })
      }
      return sorted.inTime.map((one): Taken => ({ path, event: { ...one, source: 'page' } }))
    })
    return { taken, problems, late }
  }
}

function faultsOf({ eventName, eventID, send }: PageEvent, path: string): Problem[] {
  const texts = [
    [`${path}.eventName`, eventName],
    [`${path}.eventID`, eventID],
    ...send.map(({ event }, index) => [`${path}.send[${index}].event`, event] as const),
  ] as const
  return texts.flatMap(([path, text]) => {
    const message = faultOf(text)
    return message ? [{ path, message }] : []
  })
}

/**
 * TikTok's names for an event that the server may send. A page's events were filtered there, by properties that never come
 * here: what can be checked is the rows' names.
 */
function namesForServer({ mapping }: Rules): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(mapping).map(([eventName, rows]) => [
      eventName,
      rows.filter(({ forward }) => forward !== 'client').map(({ event }) => event),
    ]),
  )
}

/** A decision that leaves marketing out denies it. */
function decisionOf({ consent: { analytics, marketing } }: PageEvent): Decision | undefined {
  return marketing ?? (analytics && 'denied')
}
