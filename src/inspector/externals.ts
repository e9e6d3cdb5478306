import { readText } from '../core/read.ts'
import { culpritsAmong, isPixel, type Script } from './culprits.ts'

/** A call or hit for this pixel that converge did not make. */
export interface Finding {
  /** What it was found by: the same, when it is found again. */
  origin: unknown
  event: string
  event_id: string
  parameters: Record<string, unknown>
  message: string
  /** Who it may have been. */
  culprits: string[]
}

/** What can be seen of a page, with nothing in it touched. */
export interface Seen {
  pixelId: string
  /** TikTok's global: a queue until its script has come. */
  ttq: unknown
  scripts: readonly Script[]
  /** Whether an event of this id is converge's. */
  isOurs: (event_id: string) => boolean
  /** Hits that left for TikTok. */
  hits: number
  /** The most of them that converge can have caused, where that is known. */
  ourHits: number | undefined
}

/** Who else fires on this pixel: the page's queue says it, its scripts do, and the hits that leave. */
export function findExternals({ pixelId, ttq, scripts, isOurs, hits, ourHits }: Seen): Finding[] {
  const { _i, _o, _partner } = Object(ttq)
  const pixels = Object(_i)
  const options = Object(_o)[pixelId]
  const culprits = culpritsAmong(scripts, pixelId, _partner)
  const findings: Finding[] = []
  const find = (origin: unknown, event: string, message: string, event_id = '', parameters = {}) =>
    findings.push({ origin, event, event_id, parameters, message, culprits })

  function search(queue: unknown, isGlobal: boolean): void {
    for (const call of Array.isArray(queue) ? queue : []) {
      const [method, ...rest]: unknown[] = Array.isArray(call) ? call : []
      if (method !== 'track' && method !== 'page') continue
      const [event, parameters, given] = method === 'track' ? rest : ['Pageview', {}, rest[1] ?? rest[0]]
      const { event_id, pixel_code } = Object(given)
      const isForAll = isGlobal && pixel_code === undefined
      if (isGlobal && !isForAll && (pixel_code !== pixelId || isOurs(readText(event_id)))) continue
      const reach = isForAll ? 'without a pixel_code: it goes to every pixel of the page' : 'for this pixel'
      const message = `Somebody else has called ttq.${method}() ${reach}.`
      find(call, readText(event) || '(no name)', message, readText(event_id), Object(parameters))
    }
  }
  search(ttq, true)
  search(pixels[pixelId], false)

  const tags = scripts.filter(({ src }) => isPixel(src) && src.includes(pixelId)).length
  if (tags > 1) find('tags', 'Pixel loaded twice', `${tags} scripts load this pixel: hits leave as often.`)
  // converge switches TikTok's own page views off as it loads a pixel; nobody else does.
  else if (options && options.historyObserver !== false)
    find('tags', 'Pixel loaded by others', 'Another script has loaded this pixel, and may send page views and events.')

  const isAlone = Object.keys(pixels).every((id) => id === pixelId)
  const more = isAlone && ourHits !== undefined ? hits - ourHits : 0
  if (more > 0) find('hits', `Hits: ${more} more`, `${more} more left for TikTok than converge can have caused.`)
  return findings
}
