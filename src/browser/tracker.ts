import { copyRecord, createEvent } from '../core/event.ts'
import { pixelOrigin } from '../tiktok/hosts.ts'
import { createLoader } from '../tiktok/pixel/load.ts'
import type { Rules } from '../tiktok/rules.ts'
import { readUser } from '../tiktok/user.ts'
import type { Config, ConvergeEvent, PixelCause, PixelStatus, TrackResult } from '../types.ts'
import { cleanUp, decide } from './consent.ts'
import { isOptedOut } from './decision.ts'
import { pixelCopyIn, update } from './delivery.ts'
import { listen, report } from './listeners.ts'
import { readAliases, storeAll } from './optional-parts.ts'
import { about, contextOf } from './page.ts'
import { randomId } from './random-id.ts'
import { end, sendEvent } from './send-event.ts'
import type { Page, Tracker } from './state.ts'
import { learn, replaceVisitor } from './visitor.ts'

/** Creates the state of one pixel ID. Nothing is loaded or read yet. */
export function createTracker(page: Page, config: Config, rules: Rules): Tracker {
  const { window, ttq } = page
  const { pixelId, region, nonce, limitedDataUse, autoConfig, relay, paused } = config
  const load = {
    historyObserver: false, // its page views on each pushState have no event_id, and would count in addition to ours
    limited_data_use: isOptedOut(page) || limitedDataUse === true,
    autoConfig: autoConfig !== false,
  }
  const tracker: Tracker = {
    page,
    config,
    rules,
    state: {
      pixel: paused || config.mapping?.mode === 'server_only' ? 'off' : 'waiting',
      consent: {},
      relay: paused || relay === undefined ? 'off' : 'ready',
      outbox: 0,
    },
    loader: createLoader(window, ttq, { pixelId, host: pixelOrigin(region), nonce, load }, (pixel, cause) =>
      reportPixel(tracker, pixel, cause),
    ),
    converge: {
      track: (...call) => track(tracker, ...call),
      set: (given) => set(tracker, given),
      consent: (consent) => decide(page, consent),
      context: () => contextOf(page),
      on: (type, listener) => listen(tracker, type, listener),
    },
    open: [],
    fresh: [],
    eventProperties: {},
    lastPage: {}, // differs from any URL, and from an unknown one
    seen: Object.create(null),
    seenKeys: [],
    listeners: [],
    past: [],
  }
  window.addEventListener('pagehide', () => storeAll?.(tracker))
  return tracker
}

function reportPixel(tracker: Tracker, pixel: PixelStatus, pixelCause?: PixelCause): void {
  const { page, state, open } = tracker
  if (state.pixel === pixel) return
  report(tracker, { pixel, pixelCause })
  if (pixel === 'live') {
    page.identify.wentLive()
    cleanUp(page)
  }
  const called = open.filter((delivery) => delivery.pixel === 'queued' || delivery.pixel === 'blocked')
  for (const delivery of called) update(tracker, delivery, { pixel: pixelCopyIn(state) })
}

/** Does so once. */
export function startPageLoads(tracker: Tracker): void {
  const { trackPageLoads } = tracker
  tracker.trackPageLoads = undefined
  trackPageLoads?.()
}

function track(tracker: Tracker, eventName: string, properties?: object | null, options?: object | null): TrackResult {
  startPageLoads(tracker) // the page view is the first event of its page
  const { page, eventProperties } = tracker
  const { eventID, profileProperties, aliases, method } = copyRecord(options)
  const { url: $url, referrer } = copyRecord(about(page))
  let newId: string | undefined
  const makeId = () => {
    newId = randomId(page.window.crypto)
    return newId
  }
  const given = {
    $url,
    referrer,
    $sales_channel_type: 'web',
    $source: 'web',
    ...eventProperties,
    ...copyRecord(properties),
  }
  const made = createEvent(eventName, given, eventID, makeId)
  const changed = runHook(tracker, made, makeId)
  const event = changed ?? made
  const own = { ...readUser(event.properties), ...readUser(copyRecord(profileProperties), aliases) }
  const person = learn(page, own)
  const delivery = {
    event,
    time: Date.now(),
    person,
    own,
    aliases: readAliases?.(aliases, page.aliases),
    isClientOnly: method === 'forward',
    hasNewId: event.eventID === newId,
    pixel: 'held',
    relay: 'held',
  } as const
  return changed ? sendEvent(tracker, delivery) : end(tracker, delivery, 'filtered', 'before_send')
}

/** Runs `beforeSend`. Returns null if the hook stops the event. If the hook throws, the event is not changed. */
function runHook({ config }: Tracker, event: ConvergeEvent, makeId: () => string): ConvergeEvent | null {
  const { beforeSend } = config
  try {
    if (!beforeSend) return event
    const changed = beforeSend(event)
    if (!changed) return null
    // An order's ID that the hook adds replaces the generated one.
    const isMade = event.isUnnamedOrder && changed.eventID === event.eventID
    return createEvent(changed.eventName, copyRecord(changed.properties), isMade ? undefined : changed.eventID, makeId)
  } catch (error) {
    console.error(error)
    return event
  }
}

function set(tracker: Tracker, given: unknown): void {
  const { eventProperties, profileProperties, aliases } = copyRecord(given)
  tracker.eventProperties = { ...tracker.eventProperties, ...copyRecord(eventProperties) }
  const { page } = tracker
  if (profileProperties === null) replaceVisitor(page)
  else learn(page, readUser(copyRecord(profileProperties), aliases))
  if (readAliases) page.aliases = [aliases ?? [], page.aliases].flat().slice(0, 100)
}
