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
 * Starts tracking for one pixel. A second call with the same pixel ID returns the first instance. On a server, the returned
 * instance skips every event.
 *
 * @throws an error that names the invalid part of the config
 */
export function createConverge(config: Config): Converge {
  const { window } = globalThis
  if (window) return startConverge(config, window, loadPart)
  checkOptions(config, 'createConverge')
  readRules(config)
  return createIdle()
}
