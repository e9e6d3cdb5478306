import { itemsOf } from '../core/items.ts'
import { readText } from '../core/read.ts'
import type { ContentIdMode, DestinationEvent } from '../types.ts'
import type { Build } from './build.ts'
import { compare, idSource } from './compare.ts'
import { comparisonTable, shown, valueTable } from './comparison.ts'
import type { Entry } from './entry.ts'
import type { Finding } from './externals.ts'
import { icon } from './icon.ts'
import { deliveryMark } from './row.ts'

const modes: Record<ContentIdMode, string> = {
  default: 'the variant_id if there is one, else the product_id',
  product_id: 'always the product_id',
  variant_id: 'always the variant_id',
  sku: 'always the sku',
}

/** The contents of an opened row. */
export function detailsOf(build: Build, document: Document, entry: Entry): Node[] {
  const { tracked, finding, diagnoses, config, matchKeys } = entry
  const section = (title: string, ...children: Node[]) => build('section', '', build('h3', '', title), ...children)

  const faults = diagnoses.length ? [section("TikTok's diagnostics", faultList())] : []
  return [
    build('div', '', ...outcomeParts()),
    ...faults,
    ...(tracked ? trackedParts(tracked) : []),
    ...(finding ? foundParts(finding) : []),
  ]

  function outcomeParts(): Node[] {
    const parts: Node[] = []
    if (entry.advice) parts.push(build('p', 'advice', entry.advice))
    const events = tracked?.result.destinationEvents ?? []
    // The row itself shows a single event.
    if (events.length > 1) parts.push(channelsOfEach(events))
    if (entry.eventID) parts.push(idLine())
    if (entry.isKept) parts.push(build('p', 'label', 'From an earlier page of this tab. Its properties are not kept.'))
    return parts
  }

  function idLine(): Node {
    return build(
      'p',
      'id',
      build('span', 'label', 'event_id'),
      build('code', '', shown(entry.eventID).slice(1, -1)),
      build(
        'button',
        { type: 'button', class: 'small', 'data-act': 'copy' },
        icon(document, 'copy'),
        'Copy',
        build('span', 'unseen', ' the event_id'),
      ),
    )
  }

  function channelsOfEach(events: readonly DestinationEvent[]): Node {
    const items = events.map(({ event, via }) => {
      const marks = via.map((channel) => deliveryMark(build, channel, entry.deliveries[channel]))
      return build('li', '', build('strong', '', event), ...marks)
    })
    return build('ul', 'channels', ...items)
  }

  function faultList(): Node {
    const items = diagnoses.map(({ code, event, message, fix }) =>
      build('li', '', build('p', '', message), build('p', 'advice', fix), build('p', 'code', `${event} · ${code}`)),
    )
    return build('ul', 'faults', ...items)
  }

  function trackedParts({ result, event }: NonNullable<Entry['tracked']>): Node[] {
    const { destinationEvents } = result
    if (!destinationEvents.length) {
      return [section('Properties', valueTable(build, 'Properties', event.properties))]
    }
    // Several TikTok events of one call mostly have the same parameters.
    const namesOf = new Map<string, string[]>()
    for (const { event, parameters } of destinationEvents) {
      const key = JSON.stringify(parameters)
      namesOf.set(key, [...(namesOf.get(key) ?? []), event])
    }
    const comparisons = [...namesOf].map(([parameters, names]) => {
      const title = `Properties and parameters: ${names.join(', ')}`
      return section(title, comparisonTable(build, title, compare(event, JSON.parse(parameters), config)))
    })
    return [...comparisons, ...contentIds(event.properties), section('Match keys', keyList())]
  }

  function contentIds(properties: Record<string, unknown>): Node[] {
    const items = itemsOf(properties)
    if (!items.length) return []
    const { contentId: mode = 'default' } = config
    const lines = items.map((item) => {
      const source = idSource(item, config)
      const id = readText(item[source])
      return build('li', '', build('code', '', id || 'none'), id ? ` from ${source}` : `: ${source} is missing`)
    })
    const rule = build('p', '', 'Mode ', build('code', '', mode), `: ${modes[mode]}.`)
    return [section('Content IDs', rule, build('ul', 'plain', ...lines))]
  }

  function keyList(): Node {
    const items = matchKeys.map(({ key, isThere, value, advice }) =>
      build(
        'li',
        { class: isThere && 'there' },
        icon(document, isThere ? 'done' : 'missing'),
        build('span', 'key', key),
        build('span', 'unseen', isThere ? ' is there: ' : ' is missing: '),
        isThere ? build('code', '', value) : build('span', '', advice),
      ),
    )
    return build('ul', 'keys', ...items)
  }

  function foundParts({ culprits, parameters }: Finding): Node[] {
    const suspects = culprits.length
      ? build('ul', 'plain', ...culprits.map((one) => build('li', '', one)))
      : build('p', '', `No script of this page could be identified. Search its sources for ttq and ${config.pixelId}.`)
    return [
      section('Possible sources', suspects),
      ...(Object.keys(parameters).length ? [section('Parameters', valueTable(build, 'Parameters', parameters))] : []),
    ]
  }
}
