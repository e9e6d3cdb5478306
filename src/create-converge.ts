import { createIdle } from './browser/idle.ts'
import { type LoadPart, startConverge } from './browser/start.ts'
import { checkOptions } from './core/options.ts'
import { readRules } from './tiktok/rules.ts'
import type { Config, Converge } from './types.ts'

const parts = {
  consent: () => import('./consent/index.ts'),
  inspector: async () => (await import('./load-inspector.ts')).loadInspector(),
}
const loadPart: LoadPart = (name) => parts[name]()

/**
 * Starts tracking for one pixel. The same pixel ID again gives the first instance; where there is no window, an instance
 * that skips every event.
 *
 * @throws a sentence that names the part of the config that can never work
 */
export function createConverge(config: Config): Converge {
  const { window } = globalThis
  if (window) return startConverge(config, window, loadPart)
  checkOptions(config, 'createConverge')
  readRules(config)
  return createIdle()
}
