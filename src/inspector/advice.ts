import { suggestEventName } from '../core/event-synonyms.ts'
import { pixelOrigin } from '../tiktok/hosts.ts'
import { readMapping } from '../tiktok/read-mapping.ts'
import type { Config, PixelCause, Reason, State, TrackResult } from '../types.ts'
import { nearestName } from './checks.ts'
import { redact } from './redact.ts'
import { standardEvents } from './tiktok-events.ts'

type Known = Pick<State, 'pixelCause'>

/** What to do about an event that was not sent by all its channels. Empty if there is nothing to do. */
export function adviceOn({ reason, eventName }: TrackResult, config: Config, { pixelCause }: Known): string {
  const name = JSON.stringify(redact(eventName))
  const advices: Record<Reason, string> = {
    unmapped: nameAdvice(eventName, config),
    filter: filtersOf(eventName, config),
    paused: 'Remove paused from the config, enable the source web, or run: npx converge-tiktok resume',
    no_window: 'Call track() in the page.',
    no_channel: `Set relay in the config, or change forward in the row of ${name}.`,
    pixel_blocked: pixelAdvice(pixelCause, config),
    before_send: 'Check beforeSend in the config: it returned null.',
    already_sent: 'Nothing to do after a reload. To test an order again, give it another id.',
    same_page: 'Nothing to do: the router or a second snippet has already sent this page view.',
    undecided: "Answer the consent banner, or call converge.consent({ marketing: 'granted' }).",
    denied: 'Nothing to do. To test it, grant consent in the banner.',
    relay_down: relayAdvice('down', config),
    relay_refused: relayAdvice('refused', config),
    too_late: 'Nothing to do: it was lost in a long outage.',
  }
  return reason ? advices[reason] : ''
}

/** What to do about a name without a row: use the right name, or add a row. */
function nameAdvice(eventName: string, config: Config): string {
  const mapping = readMapping(config.mapping)
  if (eventName in mapping) return 'Nothing to do, unless its mapping row should send it.'
  const meant = suggestEventName(eventName, mapping)
  if (meant) return `Did you mean "${meant}"? Call track('${meant}', …).`
  const name = JSON.stringify(redact(eventName))
  const standard = standardEvents.includes(eventName) ? eventName : nearestName(eventName, standardEvents)
  return `To send it, add a row to the config: mapping: { events: { ${name}: '${standard ?? 'Lead'}' } }${standard ? '' : ', or another TikTok event'}.`
}

/** How to get TikTok's pixel working. */
export function pixelAdvice(cause: PixelCause | undefined, { pixelId, relay, region }: Config): string {
  const host = pixelOrigin(region)
  const advices: Record<PixelCause, string> = {
    csp: `Add ${host} to script-src and connect-src of the Content-Security-Policy.`,
    script_error: `Turn off ad blockers for this page, and check the pixel ID: is it ${pixelId}?`,
    stand_in:
      "Turn off ad blockers for this page, and look for a consent tool or another script that replaces TikTok's window.ttq.",
    sandboxed:
      "This page is a sandboxed iframe with an opaque origin, where TikTok's pixel never starts. It needs a relay: set relay in the config.",
    no_answer: `Check the network: ${host} does not answer.`,
  }
  const otherWay = relay ? 'The relay delivers what the pixel cannot.' : 'With a relay, the server copy arrives anyway.'
  return `${cause ? `${advices[cause]} ` : ''}${otherWay}`
}

/** How to get the relay working. */
export function relayAdvice(relay: State['relay'], config: Config): string {
  const health = `See ${config.relay}/health.`
  if (relay === 'down') return `Is the forwarder running? ${health}`
  return `Do the forwarder's allowedOrigins, pixelId and mapping fit this page? ${health}`
}

/** The filters that an event must pass, as the config has them. */
function filtersOf(eventName: string, { filters = [] }: Config): string {
  const texts = filters.flatMap(({ event, any }, index) => {
    if (event !== '*' && event !== eventName) return []
    const conditions = any.map(({ property, operator, value }) =>
      [property, operator, JSON.stringify(value)].filter(Boolean).join(' '),
    )
    return `filters[${index}], where ${conditions.join(' or ')}`
  })
  return `It must pass ${texts.join('; and ')}.`
}
