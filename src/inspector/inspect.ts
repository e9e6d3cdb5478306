import { attempt } from '../core/attempt.ts'
import type { Config, Converge, ConvergeEvent, State } from '../types.ts'
import { debugLine, warningLine } from './debug-line.ts'
import { diagnose } from './diagnose.ts'
import { openPanel, type Panel } from './panel.ts'

/** A page has one panel, for all its pixels. */
const panels = new WeakMap<Window, Panel>()

/**
 * Opens the panel, prints a line for each event, including earlier ones, and a warning for each fault. Returns a function
 * that stops it. Without a pixel ID, `converge` may be left out: the panel then says how to set one.
 */
export function inspect(
  converge: Converge | undefined,
  { pixelId = '', ...rest }: Partial<Config>,
  window: Window,
): () => void {
  const config: Config = { ...rest, pixelId }
  const view: Window & typeof globalThis = Object(window)
  const stopLines = pixelId && converge ? printLines(converge, config, view.console) : undefined
  const stopPanel = attempt(() => {
    const panel = panels.get(window) ?? openPanel(view, () => panels.delete(window))
    panels.set(window, panel)
    return panel.watch(converge, config)
  }, view.console.error)
  return () => {
    stopLines?.()
    stopPanel?.()
  }
}

function printLines(converge: Converge, { pixelId, mapping }: Config, console: Console): () => void {
  const name = `converge-tiktok ${pixelId}`
  const printed = new WeakMap<ConvergeEvent, Set<string>>()
  let state: Pick<State, 'pixel' | 'relay'> = { pixel: 'off', relay: 'off' }
  const stopState = converge.on('state', (news) => {
    state = news
  })
  const stopEvents = converge.on('event', (result, event) => {
    console.info(`${name} · ${debugLine(result, state)}`)
    const known = printed.get(event) ?? new Set()
    printed.set(event, known)
    // A listener receives an event again whenever its status changes. Its faults stay the same.
    for (const line of diagnose(result, event, mapping).map(warningLine)) {
      if (!known.has(line)) console.warn(`${name} · ${line}`)
      known.add(line)
    }
  })
  return () => {
    stopState?.()
    stopEvents?.()
  }
}
