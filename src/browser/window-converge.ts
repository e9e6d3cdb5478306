import { copyRecord } from '../core/event.ts'
import { checkOptions } from '../core/options.ts'
import { recordOf } from '../core/read.ts'
import type { Config, Converge, ConvergeGlobal, QueuedCall } from '../types.ts'
import { readFlags } from './flags.ts'
import { refuseOwnMapping } from './optional-parts.ts'
import { type LoadPart, startConverge, startPart } from './start.ts'

/** The config of the script's tag, merged over the served config. With an error, nothing starts. */
export interface Tag {
  config: Partial<Config>
  error?: unknown
}

const callable = ['track', 'set', 'consent', 'context', 'on'] as const
const methods = ['init', ...callable] as const

const PATIENCE = 5000 // ms after the page has loaded, because a tag manager may call `init` late

/**
 * Adds the API to the object that the page's stub created, so that existing references to it keep working. The stub's queue
 * is processed now, in order.
 */
export function fillWindowConverge(
  window: Window,
  converge: Partial<ConvergeGlobal>,
  tag: Tag,
  loadPart: LoadPart,
): asserts converge is ConvergeGlobal {
  const { q = [] } = converge
  // The script has run on this page before. A second copy only adds the pixel of its own tag.
  if (!Array.isArray(q)) {
    if (tag.error) console.error(tag.error)
    else if (tag.config.pixelId) q.push(['init', tag.config])
    return
  }
  const pixels: Converge[] = []
  /** Calls from before the first pixel was named. */
  const early: QueuedCall[] = []
  // Pixels that are added later get these too.
  const listeners: QueuedCall[] = []
  let eventProperties = {}
  // The page's own init replaces the tag's. If it is refused, the tag does not start, because the init's filters would be lost.
  let hasInit = false

  function init(given: unknown): void {
    hasInit = true
    if (tag.error) throw tag.error
    checkOptions(given ?? {}, 'init')
    refuseOwnMapping(given, converge.config)
    const config: Config = { pixelId: '', ...tag.config, ...recordOf(given) }
    const pixel = startConverge(config, window, loadPart)
    if (pixels.includes(pixel)) return
    const calls = pixels[0] ? [...listeners, ['set', { eventProperties }]] : early.splice(0)
    pixels.push(pixel)
    for (const call of calls) callMethod(pixel, call)
  }

  /** Passes a call to each pixel of the page, and returns the first pixel's result. */
  function perform(call: QueuedCall): unknown {
    try {
      const [name, given] = call
      if (name === 'init') return init(given)
      const { eventProperties: more } = recordOf(given)
      if (name === 'on') listeners.push(call)
      if (name === 'set') eventProperties = { ...eventProperties, ...copyRecord(more) }
      const [first, ...others] = pixels
      if (!first) early.push(call)
      const answer = first && callMethod(first, call)
      // The visitor and the decision belong to the page, so one pixel is enough for them.
      if (name === 'set') for (const other of others) callMethod(other, [name, { eventProperties: more }])
      if (name === 'on' || name === 'track') for (const other of others) callMethod(other, call)
      return answer
    } catch (error) {
      console.error(error)
      return undefined
    }
  }

  function sayThatIdIsMissing(): void {
    if (pixels[0]) return
    console.warn(
      'converge-tiktok: no pixel ID. Put data-pixel-id on the script tag, or call converge.init({ pixelId }).',
    )
    if (readFlags(window).isDebug) startPart(loadPart, 'inspector', undefined, {}, window)
  }

  converge.q = { push: perform }
  for (const name of methods) Reflect.set(converge, name, (...parameters: unknown[]) => perform([name, ...parameters]))
  q.forEach(perform)
  if (!hasInit && (tag.error || tag.config.pixelId)) perform(['init'])
  if (tag.error || pixels[0]) return
  const wait = () => window.setTimeout(sayThatIdIsMissing, PATIENCE)
  if (window.document.readyState === 'complete') wait()
  else window.addEventListener('load', wait)
}

function callMethod(converge: Converge, [name, ...parameters]: QueuedCall): unknown {
  try {
    const known = callable.find((method) => method === String(name))
    if (known) return Reflect.apply(converge[known], converge, parameters)
    console.error(`converge-tiktok: unknown method "${name}". Use ${methods.join(', ')}.`)
  } catch (error) {
    console.error(error)
  }
  return undefined
}
