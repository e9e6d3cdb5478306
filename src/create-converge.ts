import type { LoadPart } from './browser/instance.ts'
import { startConverge } from './browser/start.ts'
import { createEvent } from './core/event.ts'
import { readRules } from './tiktok/rules.ts'
import type { Config, Converge } from './types.ts'

const instances = new Map<string, Converge>()

const parts = {
  consent: () => import('./consent/index.ts'),
  inspector: () => import('./inspector/index.ts'),
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
  if (!window) return createIdle(config)
  const converge = instances.get(config.pixelId) ?? startConverge(config, window, loadPart)
  instances.set(config.pixelId, converge)
  return converge
}

/** On a server: nothing is sent, and nothing throws. */
function createIdle(config: Config): Converge {
  readRules(config)
  return {
    track(eventName, properties, options) {
      const event = createEvent(eventName, [properties], options?.eventID, () => '')
      return { status: 'skipped', reason: 'no_window', eventName, eventID: event.eventID, destinationEvents: [] }
    },
    set() {},
    consent() {},
    context: () => ({ url: '', userAgent: '', consent: {} }),
    on: () => () => {},
  }
}
