import { attempt } from '../core/attempt.ts'
import type { Config, Converge } from '../types.ts'
import { debugLine, warningLine } from './debug-line.ts'
import { diagnose } from './diagnose.ts'
import { openPanel, type Panel } from './panel.ts'

/** A page has one panel, however many pixels it has. */
const panels = new WeakMap<Window, Panel>()

/**
 * Opens the panel, and prints a line for each event, those before this included, and a warning for each fault. Gives the
 * way to stop.
 */
export function inspect(converge: Converge, config: Config, window: Window): () => void {
  const view: Window & typeof globalThis = Object(window)
  const name = `converge-tiktok ${config.pixelId}`
  const stopLines = converge.on('event', (result, event) => {
    view.console.info(`${name} · ${debugLine(result)}`)
    for (const diagnosis of diagnose(result, event, config.mapping))
      view.console.warn(`${name} · ${warningLine(diagnosis)}`)
  })
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
