import { attempt } from '../core/attempt.ts'
import type { Config, Converge, ConvergeGlobal, QueuedCall } from '../types.ts'
import type { LoadPart } from './instance.ts'
import { startConverge } from './start.ts'

/**
 * Makes a page's `converge` the real thing: the very object that its stub made, so that a reference which the page kept
 * stays alive. What the stub queued is done now, in order.
 */
export function fillGlobal(
  window: Window,
  converge: Partial<ConvergeGlobal>,
  tagConfig: { pixelId?: string },
  loadPart: LoadPart,
): asserts converge is ConvergeGlobal {
  const { q = [] } = converge
  // The script is in this page already: another copy of it only brings the pixel of its own tag.
  if (!Array.isArray(q)) {
    if (tagConfig.pixelId) q.push(['init', tagConfig])
    return
  }

  const instances: Record<string, Converge> = {}
  /** What a pixel that is named later hears too: every call before the first one, and what holds from then on. */
  let earlier: QueuedCall[] = []
  // An init that the page makes stands in for the tag's own, also where it is refused: else its filters would be lost.
  let needsInit: unknown = tagConfig.pixelId

  const holdsOn = ([name]: QueuedCall) => /^(set|consent|on)$/.test(String(name))

  const hear = (instance: Converge, [name, ...parameters]: QueuedCall) =>
    attempt(() => Object(instance)[String(name)]?.(...parameters), console.error)

  /** Every pixel of the page hears a call; the first one's answer is given. */
  const perform = (call: QueuedCall) =>
    attempt(() => {
      const [name, given] = call
      const all = Object.values(instances)
      if (name === 'init') {
        needsInit = false
        const config: Config = { ...tagConfig, ...Object(given) }
        if (instances[config.pixelId]) return undefined
        const instance = startConverge(config, window, loadPart)
        instances[config.pixelId] = instance
        // Replaced first: what a listener calls meanwhile is heard at once, and added.
        const calls = earlier
        earlier = calls.filter(holdsOn)
        for (const one of calls) hear(instance, one)
        return undefined
      }
      if (!all[0] || holdsOn(call)) earlier.push(call)
      return all.map((instance) => hear(instance, call))[0]
    }, console.error)

  converge.q = { push: perform }
  for (const method of ['init', 'track', 'set', 'consent', 'context', 'on'] as const)
    converge[method] = (...parameters: unknown[]) => perform([method, ...parameters])
  q.forEach(perform)
  if (needsInit) perform(['init'])
}
