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
  const { perform, startTag, isIdle } = createPerformer(window, converge, tag, loadPart)
  converge.q = { push: perform }
  for (const name of methods) Reflect.set(converge, name, (...parameters: unknown[]) => perform([name, ...parameters]))
  q.forEach(perform)
  startTag()
  if (tag.error || !isIdle()) return

  function sayThatIdIsMissing(): void {
    if (!isIdle()) return
    console.warn(
      'converge-tiktok: no pixel ID. Put data-pixel-id on the script tag, or call converge.init({ pixelId }).',
    )
    if (readFlags(window).isDebug) bringPart(loadPart, 'inspector', undefined, {}, window)
  }
  const wait = () => window.setTimeout(sayThatIdIsMissing, PATIENCE)
  if (window.document.readyState === 'complete') wait()
  else window.addEventListener('load', wait)
}

function createPerformer(window: Window, global: Partial<ConvergeGlobal>, tag: Tag, loadPart: LoadPart) {
  const pixels: Converge[] = []
  /** What a pixel that is named later is told, too: every call before the first one, and what holds from then on. */
  let earlier: QueuedCall[] = []
  // An init of the page's own replaces the tag's, also where it is refused: its filters must not be lost.
  let hasInit = false

  function init(given: unknown): void {
    hasInit = true
    if (tag.error) throw tag.error
    checkOptions(given ?? {}, 'init')
    refuseOwnMapping(given, global.config)
    const config: Config = { pixelId: '', ...tag.config, ...recordOf(given) }
    const converge = startConverge(config, window, loadPart)
    if (pixels.includes(converge)) return
    pixels.push(converge)
    // Replaced first: a listener may call something meanwhile.
    const calls = earlier
    earlier = calls.flatMap(standing)
    for (const call of calls) tell(converge, call)
  }

  /** Each pixel of the page gets the call. The first one's answer is given. */
  function perform(call: QueuedCall): unknown {
    try {
      const [name, given] = call
      if (name === 'init') return init(given)
      const [first, ...others] = pixels
      const rest = standing(call)
      earlier = [...earlier, ...(first ? rest : [call])]
      // What the visitor has decided and who that is belong to the page: one pixel is enough.
      const answer = first && tell(first, call)
      for (const other of others) for (const one of name === 'track' ? [call] : rest) tell(other, one)
      return answer
    } catch (error) {
      console.error(error)
      return undefined
    }
  }

  return {
    perform,
    startTag() {
      if (!hasInit && (tag.error || tag.config.pixelId)) perform(['init'])
    },
    isIdle: () => !pixels[0],
  }
}

/** The part of a call that holds for pixels that are named later. */
function standing([name, given, ...more]: QueuedCall): QueuedCall[] {
  if (name === 'on') return [[name, given, ...more]]
  const { eventProperties } = recordOf(given)
  return name === 'set' && eventProperties ? [[name, { eventProperties }]] : []
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
