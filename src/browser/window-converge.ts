import { copyRecord } from '../core/event.ts'
import { checkOptions } from '../core/options.ts'
import { recordOf } from '../core/read.ts'
import type { Config, Converge, ConvergeGlobal, QueuedCall } from '../types.ts'
import { readFlags } from './flags.ts'
import { refuseOwnMapping } from './optional-parts.ts'
import { bringPart, type LoadPart, startConverge } from './start.ts'

/** What the script's tag says, with the served config before it. With an error, nothing starts. */
export interface Tag {
  config: Partial<Config>
  error?: unknown
}

const callable = ['track', 'set', 'consent', 'context', 'on'] as const
const methods = ['init', ...callable] as const

const PATIENCE = 5000 // ms after the page has loaded: a tag manager may call `init` late

/**
 * Makes a page's `converge` the real thing: the very object that its stub made, so that a reference which the page kept
 * stays alive. What the stub queued is done now, in order.
 */
export function fillWindowConverge(
  window: Window,
  converge: Partial<ConvergeGlobal>,
  tag: Tag,
  loadPart: LoadPart,
): asserts converge is ConvergeGlobal {
  const { q = [] } = converge
  // The script is in this page already: another copy of it only brings the pixel of its own tag.
  if (!Array.isArray(q)) {
    if (tag.error) console.error(tag.error)
    else if (tag.config.pixelId) q.push(['init', tag.config])
    return
  }
  const pixels: Converge[] = []
  /** Calls from before the first pixel was named. */
  const early: QueuedCall[] = []
  // What a pixel that is named later is told, too.
  const listeners: QueuedCall[] = []
  let eventProperties = {}
  // An init of the page's own replaces the tag's, also where it is refused: its filters must not be lost.
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
    for (const call of calls) tell(pixel, call)
  }

  /** Each pixel of the page gets the call. The first one's answer is given. */
  function perform(call: QueuedCall): unknown {
    try {
      const [name, given] = call
      if (name === 'init') return init(given)
      const { eventProperties: more } = recordOf(given)
      if (name === 'on') listeners.push(call)
      if (name === 'set') eventProperties = { ...eventProperties, ...copyRecord(more) }
      const [first, ...others] = pixels
      if (!first) early.push(call)
      const answer = first && tell(first, call)
      // What the visitor has decided and who that is belong to the page: one pixel is enough.
      if (name === 'set') for (const other of others) tell(other, [name, { eventProperties: more }])
      if (name === 'on' || name === 'track') for (const other of others) tell(other, call)
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
    if (readFlags(window).isDebug) bringPart(loadPart, 'inspector', undefined, {}, window)
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

function tell(converge: Converge, [name, ...parameters]: QueuedCall): unknown {
  try {
    const known = callable.find((method) => method === String(name))
    if (known) return Reflect.apply(converge[known], converge, parameters)
    console.error(`converge-tiktok: there is no method "${name}". Use ${methods.join(', ')}.`)
  } catch (error) {
    console.error(error)
  }
  return undefined
}
