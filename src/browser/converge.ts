import { readConfig } from '../core/config.ts'
import { copyRecord, createEvent } from '../core/event.ts'
import { route } from '../core/pipeline.ts'
import type { Config, Converge, ConvergeEvent, DestinationEvent, News, Reason, Status, TrackResult } from '../types.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import { createPixel } from './pixel.ts'

const instances = new Map<string, Converge>()

/**
 * Starts tracking for one pixel. The same pixel ID again gives the first instance; where there is no window, an instance
 * that skips every event.
 *
 * @throws a sentence that names the part of the config that can never work
 */
export function createConverge(config: Config): Converge {
  const { window } = globalThis
  const converge = instances.get(config.pixelId) ?? startConverge(config, window)
  if (window) instances.set(config.pixelId, converge)
  return converge
}

type Emitters = { [Type in keyof News]: Emitter<News[Type]> }

/** An instance in a page of the caller's choice. */
export function startConverge(config: Config, window: Window | undefined): Converge {
  const rules = readConfig(config)
  const news: Emitters = { event: createEmitter(), state: createEmitter() }
  // A page's ids share a random part and count. Math.random is there on insecure pages too.
  const page = `${Math.random()}${Date.now()}`.slice(2)
  let count = 0

  const pixel = window && config.mapping?.mode !== 'server_only' && createPixel(window, config, news.state.emit)

  /** Sends an event's copies, notes them in `sent`, and says how that went. */
  function send(event: ConvergeEvent, sent: DestinationEvent[]): [Status, Reason?] {
    if (!window) return ['skipped', 'no_window']
    const rows = route(event, rules, config)
    if (!rows) return ['filtered', 'filter']
    if (!rows.length) return ['skipped', 'unmapped']
    for (const { event: name, forward, parameters } of rows) {
      if (!pixel || forward === 'server') continue
      try {
        pixel.track(name, parameters(), event.eventID)
      } catch {
        return ['failure', 'pixel_blocked'] // TikTok's script, or whoever else has put a ttq there, threw
      }
      sent.push({ event: name, event_id: event.eventID, parameters: parameters(), via: ['pixel'] })
    }
    if (!pixel || !sent.length) return ['skipped', 'no_channel']
    return pixel.isBlocked() ? ['failure', 'pixel_blocked'] : ['success']
  }

  return {
    track(eventName, properties, options) {
      const event = createEvent(
        eventName,
        { ...copyRecord(window && pageProperties(window)), ...copyRecord(properties) },
        copyRecord(options).eventID,
        () => `${page}.${++count}`,
      )
      const destinationEvents: DestinationEvent[] = []
      const [status, reason] = send(event, destinationEvents)
      const result: TrackResult = {
        status,
        reason,
        eventName: event.eventName,
        eventID: event.eventID,
        destinationEvents,
      }
      news.event.emit(result, event)
      return result
    },
    on: (type, listener) => news[type]?.on?.(listener),
  }
}

/** What Converge's own client adds to every event, for filters to ask about. */
function pageProperties({ location, document }: Window): Record<string, unknown> {
  return { $url: location.href, referrer: document.referrer, $sales_channel_type: 'web' }
}
