import type { ForwarderConfig } from '../server/forwarder.ts'
import type { Source, Sources } from '../server/sources/sources.ts'
import type { Finding } from './finding.ts'
import { checkNames } from './name-check.ts'

/** Reports what each source accepts, and sources that would send the same order twice. */
export function checkSources(config: ForwarderConfig, sources: Sources): Finding[] {
  const { web, all } = sources
  const paused = 'paused is true in the config, so no page and no source sends events.'
  return [
    ...(config.paused ? [{ ok: undefined, text: paused }] : []),
    ...all.map(describe),
    ...checkClientOrders(config, sources),
    ...all.filter((source) => source !== web).flatMap((source) => checkSameName(source, web)),
    ...all.flatMap(({ name, rules }) => checkOwnNames(name, config, rules.mapping)),
  ]
}

function describe({ name, type, isEnabled }: Source): Finding {
  const routes = {
    web: 'POST events, from pages',
    webhook: `POST webhook/${name}, Converge's server API`,
    shopify: `POST webhook/${name}, Shopify's webhooks`,
    woocommerce: `POST webhook/${name}, WooCommerce's webhooks`,
  } as const satisfies Record<Source['type'], string>
  const text = `Source ${name}: ${routes[type]}.`
  return isEnabled ? { ok: true, text } : { ok: undefined, text: `${text} It is disabled: enabled is false.` }
}

/** Checks that another source sends the server copy if the page leaves it out. */
function checkClientOrders({ sources = {} }: ForwarderConfig, { web, all }: Sources): Finding[] {
  if (sources.web?.orders !== 'client') return []
  if (all.some((source) => source !== web && source.isEnabled)) return []
  const text =
    'sources.web.orders is client, but no other source sends the server copy of orders. Add a source, or remove sources.web.orders.'
  return [{ ok: false, text }]
}

const orderEvents = ['Placed Order', 'Started Subscription', 'Placed Recurring Subscription Order'] as const

/** TikTok deduplicates by event name and ID, so one order with two names counts as two events. */
function checkSameName(source: Source, web: Source): Finding[] {
  return orderEvents.flatMap((eventName) => {
    const own = namesOf(source, eventName)
    const onPage = namesOf(web, eventName)
    const others = own.filter((name) => !onPage.includes(name))
    if (!others.length || !onPage.length) return []
    const text = `The source ${source.name} sends ${eventName} as ${others.join(', ')}, and the page as ${onPage.join(', ')}. TikTok counts an order from both as two events.`
    return [{ ok: undefined, text }]
  })
}

/** TikTok's names for an event: all rows of the page, but only the server rows of another source. */
function namesOf({ type, rules }: Source, eventName: string): string[] {
  const rows = rules.mapping[eventName] ?? []
  return rows.filter(({ forward }) => type === 'web' || forward !== 'client').map(({ event }) => event)
}

/** Finds event names in a source's own mapping and filters that are probably misspelled. */
function checkOwnNames(name: string, config: ForwarderConfig, mapping: Source['rules']['mapping']): Finding[] {
  const { mapping: rows = {}, filters = [] } = config.sources?.[name] ?? {}
  const findings = checkNames({ ...config, mapping: { events: rows.events ?? {} }, filters }, mapping)
  return findings.map(({ ok, text }) => ({ ok, text: `sources.${name}.${text}` }))
}
