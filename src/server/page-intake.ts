import { refusalOf } from '../core/consent.ts'
import { fromPage, type Visit } from '../tiktok/events-api/payload.ts'
import { route } from '../tiktok/route.ts'
import type { Rules } from '../tiktok/rules.ts'
import type { Config, Decision } from '../types.ts'
import type { Intake, Late, Taken } from './intake.ts'
import { type PageEvent, type Problem, parsePageRequest } from './parse.ts'
import { sortByAge } from './sort-by-age.ts'
import { faultOf } from './sound-text.ts'

/** What the request itself tells of a visit. */
export interface PageRequestFacts extends Pick<Visit, 'receivedAt' | 'ip' | 'userAgent' | 'allowTest'> {
  /** Whether it carries Global Privacy Control. */
  gpc: boolean
}

/** Holds what a page posts to the forwarder's own mapping and consent mode. */
export function createPageIntake(config: Config, rules: Rules): (body: string, facts: PageRequestFacts) => Intake {
  const { consent: mode = 'always', gpc } = config
  const namesFor = namesForServer(config, rules)

  /** Of what a page made of an event, that which goes to the server. */
  function mappedOf({ eventName, send }: PageEvent, path: string, problems: Problem[]): PageEvent['send'] {
    const names = namesFor.get(eventName)
    return send.filter(({ event }, index) => {
      const isMapped = names?.includes(event)
      const message = "is not what the forwarder's own mapping makes of that eventName and sends to the server"
      if (!isMapped) problems.push({ path: `${path}.send[${index}].event`, message })
      return isMapped
    })
  }

  return (body, facts) => {
    const { sentAt, good, problems } = parsePageRequest(body)
    const isOptedOut = facts.gpc && gpc !== 'ignore'
    const limitedDataUse = config.limitedDataUse === true || isOptedOut
    const late: Late[] = []
    const taken = good.flatMap(({ path, event }) => {
      const faults = faultsOf(event, path)
      if (faults.length > 0) {
        problems.push(...faults)
        return []
      }
      const marketing = decisionOf(event) ?? (isOptedOut && gpc === 'deny' ? 'denied' : undefined)
      if (refusalOf(mode, marketing, 'relay')) {
        problems.push({ path: `${path}.consent`, message: `does not allow the server copy in consent mode ${mode}` })
        return []
      }
      const isBare = mode === 'always_server' && marketing !== 'granted'
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
function namesForServer(config: Config, { mapping }: Rules): ReadonlyMap<string, readonly string[]> {
  const unconditional = [...mapping].map(([name, rows]) => [name, rows.map(({ when, ...row }) => row)] as const)
  const rules: Rules = { filters: [], mapping: new Map(unconditional) }
  return new Map(
    unconditional.map(([eventName]) => {
      const rows = route({ eventName, eventID: '', properties: {} }, rules, config) ?? []
      return [eventName, rows.filter(({ forward }) => forward !== 'client').map(({ event }) => event)]
    }),
  )
}

/** A decision that leaves marketing out denies it. */
function decisionOf({ consent: { analytics, marketing } }: PageEvent): Decision | undefined {
  return marketing ?? (analytics && 'denied')
}
