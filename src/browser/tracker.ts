import { copyRecord, createEvent } from '../core/event.ts'
import { pixelOrigin } from '../tiktok/hosts.ts'
import { createTrackCall } from '../tiktok/pixel/calls.ts'
import { createLoader, type PixelLoader } from '../tiktok/pixel/load.ts'
import type { Rules } from '../tiktok/rules.ts'
import { readUser } from '../tiktok/user.ts'
import type { Config, Converge, ConvergeEvent, PixelCause, PixelStatus, State } from '../types.ts'
import { createDeliveries, type Delivery } from './delivery.ts'
import { createHandOver } from './hand-over.ts'
import { createHeld } from './held.ts'
import { createLedger } from './ledger.ts'
import { createListeners, type Listeners } from './listeners.ts'
import { createRelay } from './optional-parts.ts'
import type { Page, PageMember } from './page.ts'
import { randomId } from './random-id.ts'
import { createStages, type Stages } from './send-event.ts'
import type { TrackerParts } from './tracker-parts.ts'

/** What one pixel ID owns: its rules, its orders that were sent, its outbox, its pixel and who listens to it. */
export function createTracker(page: Page, config: Config, rules: Rules): PageMember {
  const { decision, storage } = page
  const prefix = `converge.${config.pixelId}.`
  const state: State = {
    pixel: config.mapping?.mode === 'server_only' ? 'off' : 'waiting',
    consent: {},
    relay: config.relay ? 'ready' : 'off',
    outbox: 0,
  }
  const held = createHeld()
  const listeners = createListeners(() => ['state', { ...state }])
  const ledger = createLedger(storage, prefix)
  const deliveries = createDeliveries(state, ledger, listeners)

  function report(part: Partial<State>): void {
    listeners.emit('state', { ...Object.assign(state, part) })
  }

  function reportPixel(pixel: PixelStatus, pixelCause?: PixelCause): void {
    if (state.pixel === pixel) return
    report({ pixel, pixelCause })
    if (pixel === 'live') {
      page.identify.wentLive()
      page.cleanUp()
    }
    deliveries.pixelChanged()
  }

  const loader = createPixelLoader(page, config, reportPixel)
  const { settleFormer } = deliveries
  const relay =
    config.relay === undefined ? undefined : createRelay?.({ ...page, url: config.relay, prefix, report, settleFormer })
  const trackCall = createTrackCall(page.ttq, loader, config.pixelId)
  const parts: TrackerParts = { page, config, rules, state, loader, trackCall, ledger, held, relay }
  const { send, release } = createStages(parts, deliveries, createHandOver(parts, deliveries))

  return {
    config,
    converge: createCalls(page, config, send, listeners),
    begin() {
      report({ consent: decision.read() })
      if (!decision.refusal()) {
        if (state.pixel !== 'off') loader.start()
        page.clickIds.keep()
        ledger.tidy()
        relay?.takeOver()
      }
      release()
    },
    revoke() {
      const copy = decision.refusal('pixel', true) === 'denied' ? 'denied' : 'held'
      for (const delivery of deliveries.takeQueued()) {
        deliveries.update(delivery, { pixel: copy })
        if (copy === 'held') held.add(delivery)
      }
      relay?.dropRefused()
      storage.keys(prefix).forEach(storage.remove)
    },
  }
}

function createPixelLoader(
  { window, ttq, decision }: Page,
  { pixelId, region, nonce, limitedDataUse, autoConfig }: Config,
  report: (pixel: PixelStatus, cause?: PixelCause) => void,
): PixelLoader {
  const load = {
    historyObserver: false, // its page views on each pushState carry no event_id: they would count beside ours
    limited_data_use: decision.isOptedOut() || limitedDataUse === true,
    autoConfig: autoConfig !== false,
  }
  return createLoader(window, ttq, { pixelId, host: pixelOrigin(region), nonce, load }, report)
}

/** What a shop calls. */
function createCalls(
  { window, about, visitor, context, decide }: Page,
  { beforeSend }: Config,
  send: Stages['send'],
  { on }: Listeners,
): Converge {
  let eventProperties: Record<string, unknown> = {}
  const newId = () => randomId(window.crypto)

  /** Nothing if the shop's hook stops the event. If the hook throws, the event goes on as it was. */
  function runHook(event: ConvergeEvent): ConvergeEvent | null {
    try {
      if (!beforeSend) return event
      const changed = beforeSend(event)
      if (!changed) return null
      // An order's id that the hook adds takes the place of the one that we made.
      const isMade = event.isUnnamedOrder && changed.eventID === event.eventID
      return createEvent(changed.eventName, [changed.properties], isMade ? undefined : changed.eventID, newId)
    } catch (error) {
      console.error(error)
      return event
    }
  }

  return {
    track(eventName, properties, options) {
      const { eventID, profileProperties, aliases, method } = copyRecord(options)
      const { url: $url, referrer } = about()
      const page = { $url, referrer, $sales_channel_type: 'web' }
      const given = createEvent(eventName, [page, eventProperties, properties], eventID, newId)
      const changed = runHook(given)
      const event = changed ?? given
      const own = { ...readUser(event.properties), ...readUser(copyRecord(profileProperties), aliases) }
      const delivery: Delivery = {
        event,
        time: Date.now(),
        person: visitor.learn(own),
        own,
        isClientOnly: method === 'forward',
        rows: [],
        pixel: 'held',
        relay: 'held',
      }
      return send(delivery, changed === null)
    },
    set(given) {
      const { eventProperties: more, profileProperties, aliases } = copyRecord(given)
      eventProperties = { ...eventProperties, ...copyRecord(more) }
      if (profileProperties === null) visitor.forget()
      else visitor.learn(readUser(copyRecord(profileProperties), aliases))
    },
    consent: decide,
    context,
    on,
  }
}
