import { readText } from '../core/read.ts'
import { culpritsAmong, isPixel, type Script } from './culprits.ts'

/** A call or request for this pixel that converge did not make. */
export interface Finding {
  /** Identifies the finding: the same object if it is found again. */
  origin: unknown
  event: string
  event_id: string
  parameters: Record<string, unknown>
  message: string
  /** Who may have made it. */
  culprits: string[]
}

/** What can be read from a page without changing it. */
export interface Seen {
  pixelId: string
  /** TikTok's global: a queue until its script has loaded. */
  ttq: unknown
  scripts: readonly Script[]
  /** True if converge sent an event with this id. */
  isOurs: (event_id: string) => boolean
  /** The number of requests sent to TikTok. */
  hits: number
  /** The most of them that converge can have caused, if known. */
  ourHits: number | undefined
}

/** Finds who else fires on this pixel, from the page's queue, its scripts, and the requests that were sent. */
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
      const reach = isForAll ? 'without a pixel_code, so every pixel of the page receives it' : 'for this pixel'
      const message = `Another script called ttq.${method}() ${reach}.`
      find(call, readText(event) || '(no name)', message, readText(event_id), Object(parameters))
    }
  }
  search(ttq, true)
  search(pixels[pixelId], false)

  const tags = scripts.filter(({ src }) => isPixel(src) && src.includes(pixelId)).length
  if (tags > 1)
    find('tags', 'Pixel loaded twice', `${tags} scripts load this pixel, so each event may be sent ${tags} times.`)
  // converge turns off TikTok's own page views when it loads a pixel. Nobody else does.
  else if (options && options.historyObserver !== false)
    find('tags', 'Pixel loaded by others', 'Another script has loaded this pixel, and may send page views and events.')

  const isAlone = Object.keys(pixels).every((id) => id === pixelId)
  const more = isAlone && ourHits !== undefined ? hits - ourHits : 0
  if (more > 0)
    find('hits', `Requests: ${more} more`, `TikTok received ${more} more requests than converge can have caused.`)
  return findings
}
