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
  const waiting: QueuedCall[] = []
  // An init that the page makes stands in for the tag's own, also where it is refused: else its filters would be lost.
  let needsInit: unknown = tagConfig.pixelId

  /** Every pixel of the page hears a call; the first one's answer is given. Before there is one, calls wait. */
  const perform = (call: QueuedCall) =>
    attempt(() => {
      const [name, ...parameters] = call
      const all = Object.values(instances)
      if (name === 'init') {
        needsInit = false
        const config: Config = { ...tagConfig, ...Object(parameters[0]) }
        instances[config.pixelId] ??= startConverge(config, window, loadPart)
        waiting.splice(0).forEach(perform)
        return undefined
      }
      if (!all[0]) waiting.push(call)
      return all.map((instance) => Object(instance)[String(name)]?.(...parameters))[0]
    }, console.error)

  converge.q = { push: perform }
  for (const method of ['init', 'track', 'set', 'consent', 'context', 'on'] as const)
    converge[method] = (...parameters: unknown[]) => perform([method, ...parameters])
  q.forEach(perform)
  if (needsInit) perform(['init'])
}
