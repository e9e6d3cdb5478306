import type { Config, Converge } from '../types.ts'
import { debugLine, warningLine } from './debug-line.ts'
import { diagnose } from './diagnose.ts'

/** Prints a line for each event, those before this included, and a warning for each fault. Gives the way to stop. */
export function inspect(converge: Converge, { pixelId }: Config, window: Window): () => void {
  const { console }: { console: Console } = Object(window)
  const name = `converge-tiktok ${pixelId}`
  return converge.on('event', (result, event) => {
    console.info(`${name} · ${debugLine(result)}`)
    for (const diagnosis of diagnose(result, event)) console.warn(`${name} · ${warningLine(diagnosis)}`)
  })
}
