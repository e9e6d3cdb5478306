import { refusalOf } from '../core/consent.ts'
import { copyRecord, createEvent } from '../core/event.ts'
import { suggestEventName } from '../core/event-synonyms.ts'
import { route } from '../tiktok/route.ts'
import type { Rules } from '../tiktok/rules.ts'
import type { Config, Status } from '../types.ts'
import type { Intake, Statuses } from './intake.ts'
import type { OutboxEvent } from './outbox.ts'
import { type Problem, parseServerRequest, type ServerEvent } from './parse.ts'
import { fromServer } from './payload.ts'
import { readProfile } from './profile.ts'

const join = (path: string, part: string) => (path ? `${path}.${part}` : part)

/** The whole pipeline, for events that no page has seen. `receivedAt` is in milliseconds since 1970. */
export function createServerIntake(config: Config, rules: Rules): (body: string, receivedAt: number) => Intake {
  const { consent: mode = 'always' } = config

  function run(given: ServerEvent, path: string, receivedAt: number, problems: Problem[]): [Status, OutboxEvent[]] {
    const event = createEvent(given.event_name, [given.properties], given.event_id, () => crypto.randomUUID())
    const profile = readProfile(copyRecord(given.profile_properties), event.properties, given.aliases ?? [])
    if (profile.isConsentUnreadable) {
      problems.push({ path: join(path, 'profile_properties.$consent'), message: "must be 'granted' or 'denied'" })
      return ['failure', []]
    }
    if (refusalOf(mode, profile.marketing, 'relay')) return ['no_consent', []]
    const rows = route(event, rules, config)
    if (!rows) return ['filtered', []]
    const forServer = rows.filter(({ forward }) => forward !== 'client')
    if (forServer.length === 0) {
      const meant = suggestEventName(event.eventName, rules.mapping)
      const message = `has no row in the mapping. Did you mean "${meant}"?`
      if (meant) problems.push({ path: join(path, 'event_name'), message })
      return ['skipped', []]
    }
    const time = Math.min(given.timestamp ?? receivedAt, receivedAt)
    return ['success', fromServer(event, { rows: forServer, profile, time, config })]
  }

  return (body, receivedAt) => {
    const { good, problems } = parseServerRequest(body)
    const statuses: Statuses = {}
    const taken = good.flatMap(({ path, event }) => {
      const [status, events] = run(event, path, receivedAt, problems)
      statuses[status] = (statuses[status] ?? 0) + 1
      return events.map((one) => ({ path, event: one }))
    })
    return { taken, problems, statuses }
  }
}
