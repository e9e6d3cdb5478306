import { attempt } from '../core/attempt.ts'
import { cleanUrl } from '../core/clean-url.ts'
import { readConfig } from '../core/config.ts'
import { isAllowed } from '../core/consent.ts'
import { pageLoad } from '../core/default-mapping.ts'
import { copyRecord, createEvent } from '../core/event.ts'
import { hash, readUser } from '../core/identity.ts'
import { route } from '../core/pipeline.ts'
import { readText } from '../core/read.ts'
import type {
  Channel,
  Config,
  Consent,
  Converge,
  ConvergeEvent,
  DestinationEvent,
  News,
  Reason,
  RelayedEvent,
  State,
  Status,
  TrackResult,
  User,
} from '../types.ts'
import { openContext } from './context.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import { openLedger } from './ledger.ts'
import { onNavigation } from './page-loads.ts'
import { createPixel, type Pixel } from './pixel.ts'
import { createRelay } from './relay.ts'
import { openStorage } from './storage.ts'
import { createVisitor } from './visitor.ts'

/** Brings a part that is a file of its own. */
export type LoadPart = (name: 'consent' | 'inspector') => Promise<Part>

export interface Part {
  start(converge: Converge, config: Config, window: Window): void
}

/** A tracked event, and what became of it so far. */
interface Entry {
  event: ConvergeEvent
  time: number
  /** Who it is about, as far as its own call says. */
  own: User
  /** The same, with what the page knew of that person then. */
  user: User
  person: number
  /** The browser copy alone. */
  isClientOnly: boolean
  destinationEvents: DestinationEvent[]
  matchKeys?: string[]
  isCounted?: boolean
  /** Whether the pixel took it. Unknown where it wasn't asked. */
  isHanded?: boolean
  /** What became of the server copy, where there is one. */
  relayed?: [Status?, Reason?]
  result?: TrackResult
}

const HELD = 100

/** An instance in a page. */
export function startConverge(config: Config, window: Window, loadPart: LoadPart): Converge {
  const rules = readConfig(config)
  const { consent: mode = 'always', context, gpc, mapping } = config
  const { document, location, navigator } = window
  const news: { [Type in keyof News]: Emitter<News[Type]> } = { event: createEmitter(), state: createEmitter() }
  // A page's ids share a random part and count. Math.random is there on insecure pages too.
  const page = `${Math.random()}${Date.now()}`.slice(2)
  let count = 0
  const newId = () => `${page}.${++count}`
  const hasGpc = Object(navigator).globalPrivacyControl === true && gpc !== 'ignore'
  const byDefault = hasGpc && gpc === 'deny' ? 'denied' : undefined
  // `?converge_test=CODE` and `?converge_debug` hold for the tab: its name stays, and is no storage.
  const [flag] = /converge_(test=[\w-]+|debug)/.exec(location.search) ?? []
  if (flag) window.name = flag
  const flags = window.name

  let decision: Consent | undefined
  let state: State = { pixel: 'off', consent: {}, relay: config.relay ? 'ready' : 'off', outbox: 0 }
  let standing: Record<string, unknown> = {}
  let lastPage: unknown
  let pixel: Pixel | undefined
  const held: Entry[] = []
  /** Handed to a pixel that is not live yet. */
  const handed = new Set<Entry>()
  const seen = new Set<string>()
  const entries = new WeakMap<RelayedEvent, Entry>()

  const mayUse = () => isOpen('pixel')
  const storage = openStorage(window, config, mayUse)
  const ledger = openLedger(storage)
  const click = openContext(window, config, mayUse)
  const visitor = createVisitor(storage, hash(readText(context?.external_id)), newId)
  const relay = config.relay ? createRelay(window, config.relay, storage, page, settle, report) : undefined

  const consent = (): Consent => (decision ??= Object(storage.read('consent')))

  /** Whether a copy may leave now; `undefined` is not yet. */
  function isOpen(via: Channel): boolean | undefined {
    if (Object(document).prerendering) return undefined
    // What is always allowed reads no storage.
    return mode === 'always' || isAllowed(mode, consent().marketing ?? byDefault, via)
  }

  const refusal = (): Reason | undefined => (mayUse() === false ? 'denied' : mayUse() ? undefined : 'undecided')

  function report(part: Partial<State>): void {
    state = { ...state, ...part }
    news.state.emit(state)
    if (part.pixel) handed.forEach(assess)
  }

  function tell(entry: Entry, status: Status, reason?: Reason): TrackResult {
    const { event, result, destinationEvents, matchKeys } = entry
    if (result?.status === status && result.reason === reason) return result
    const { eventName, eventID } = event
    entry.result = { status, reason, eventName, eventID, destinationEvents, matchKeys }
    news.event.emit(entry.result, event)
    return entry.result
  }

  function openPixel(): void {
    if (mapping?.mode !== 'server_only' && mayUse())
      pixel ??= createPixel(window, config, hasGpc || String(config.limitedDataUse) === 'true', report)
  }

  /** Does what was not allowed before, or not urgent. */
  function begin(): void {
    if (consent().marketing) report({ consent: consent() })
    openPixel()
    if (mayUse()) {
      pixel?.start()
      click.keep()
      ledger.prune()
      relay?.takeOver()
    }
    held.splice(0).forEach(run)
  }

  function run(entry: Entry): TrackResult {
    const { event, person, own } = entry
    const { eventName, eventID, properties } = event
    const mayPixel = mayUse()
    const mayRelay = relay && !entry.isClientOnly && isOpen('relay')
    if (mayPixel === undefined && held.push(entry) > HELD) held.shift()
    if (!mayPixel && !mayRelay) return tell(entry, 'no_consent', refusal())
    const rows = route(event, rules, config)
    if (!rows) return tell(entry, 'filtered', 'filter')
    if (!rows.length) return tell(entry, 'skipped', 'unmapped')
    const key = `${eventName}.${eventID}`
    if (!entry.isCounted && (seen.has(key) || ledger.has(event))) return tell(entry, 'skipped', 'already_sent')
    seen.add(key)
    entry.isCounted = true
    openPixel()
    const user = !mayPixel ? own : person === visitor.person() ? visitor.known() : entry.user
    entry.matchKeys = Object.keys(user)
    const send: RelayedEvent['send'] = []
    entry.destinationEvents = rows.flatMap(({ event, forward, parameters }) => {
      const via: Channel[] = []
      if (pixel && mayPixel && forward !== 'server') {
        try {
          pixel.identify(user, person)
          pixel.track(event, parameters(), eventID)
          via.push('pixel')
          entry.isHanded = true
        } catch {
          entry.isHanded ??= false // TikTok's script, or whoever else has put a ttq there, threw
        }
      }
      if (mayRelay && forward !== 'client') {
        via.push('relay')
        send.push({ event, parameters: parameters() })
      }
      return via.length ? { event, event_id: eventID, parameters: parameters(), via } : []
    })
    if (relay && send.length && !entry.relayed) {
      entry.relayed = []
      // Undecided, a server copy says nothing of how the visitor came here.
      const clean = (url: unknown) => cleanUrl(mayPixel ? readText(url) : readText(url).replace(/\?.*/, ''))
      const relayed: RelayedEvent = {
        time: entry.time,
        eventName,
        eventID,
        send,
        pixel: !!entry.isHanded && pixel?.status() !== 'blocked',
        user,
        page: { url: clean(properties.$url), referrer: clean(properties.referrer) },
        ...click.ids(),
        locale: mayPixel ? navigator.language : undefined,
        consent: consent(),
        test: /^converge_test=(.+)/.exec(flags)?.[1],
      }
      entries.set(relayed, entry)
      relay.send(relayed)
    }
    return assess(entry)
  }

  /** Says how an event is doing, from what is known of its copies by now. */
  function assess(entry: Entry): TrackResult {
    const { event, isHanded, relayed } = entry
    const status = isHanded && pixel?.status()
    if (status === 'live') {
      handed.delete(entry)
      ledger.add(event)
    } else if (status) handed.add(entry)

    if (relayed?.[1] === 'relay_down') return tell(entry, 'retry', 'relay_down')
    if (status && status !== 'blocked') return tell(entry, 'success')
    const problem = isHanded === undefined ? refusal() : 'pixel_blocked'
    if (relayed) return tell(entry, relayed[0] ?? 'success', relayed[1] ?? problem)
    if (!problem) return tell(entry, 'skipped', 'no_channel')
    return tell(entry, problem === 'pixel_blocked' ? 'failure' : 'no_consent', problem)
  }

  function settle(relayed: RelayedEvent, ...answer: [Status, Reason?]): void {
    const entry = entries.get(relayed)
    if (answer[0] === 'success') ledger.add(relayed)
    // The page that tracked it may be gone, and nobody left to tell.
    if (!entry) return
    entry.relayed = answer
    assess(entry)
  }

  const converge: Converge = {
    track(eventName, properties, options) {
      const { eventID, profileProperties, aliases, forward } = copyRecord(options)
      const ofPage = {
        $url: context?.url ?? location.href,
        referrer: context?.referrer ?? document.referrer,
        $sales_channel_type: 'web',
      }
      const given = createEvent(
        eventName,
        { ...copyRecord(ofPage), ...standing, ...copyRecord(properties) },
        eventID,
        newId,
      )
      // Where the hook throws, or there is none, the event goes on as it was.
      const changed = attempt(() => {
        if (!config.beforeSend) return given
        const event = config.beforeSend(given)
        return event ? createEvent(event.eventName, copyRecord(event.properties), event.eventID, newId) : null
      }, console.error)
      const event = changed ?? given
      const own = { ...readUser(event.properties), ...readUser(Object(profileProperties), aliases) }
      const user = visitor.learn(own)
      const entry: Entry = {
        event,
        time: Date.now(),
        own,
        user,
        person: visitor.person(),
        isClientOnly: forward === 'client',
        destinationEvents: [],
      }
      if (changed === null) return tell(entry, 'filtered', 'before_send')
      const { $url } = event.properties
      if (event.eventName === pageLoad) {
        if ($url === lastPage) return tell(entry, 'skipped', 'same_page')
        lastPage = $url
      }
      return run(entry)
    },
    set(properties) {
      const { eventProperties, profileProperties, aliases } = copyRecord(properties)
      standing = { ...standing, ...Object(eventProperties) }
      if (profileProperties === null) visitor.forget()
      else visitor.learn(readUser(Object(profileProperties), aliases))
    },
    consent(given) {
      const decide = (granted: unknown) => (granted === 'granted' ? granted : 'denied')
      decision = { analytics: decide(Object(given).analytics), marketing: decide(Object(given).marketing) }
      const isDenied = mayUse() === false
      if (isDenied) {
        storage.keys('').forEach(storage.remove)
        click.erase()
        visitor.forget()
        relay?.forget()
      }
      storage.write('consent', decision)
      pixel?.allow(!isDenied)
      begin()
    },
    context: () => ({
      ...click.ids(),
      external_id: mayUse() ? visitor.known().external_id : undefined,
      url: cleanUrl(context?.url ?? location.href),
      userAgent: context?.userAgent ?? navigator.userAgent,
      consent: consent(),
    }),
    on: (type, listener) => news[type]?.on?.(listener),
  }

  const bring = (part: 'consent' | 'inspector') =>
    loadPart(part).then(({ start }) => start(converge, config, window), console.error)

  // Any other mode asks for the visitor's decision first, which is in the page's storage: not in the script's first task.
  if (mode === 'always') openPixel()
  // In idle time TikTok's script does not hold back the page's load event, and its first hit leaves no later.
  if (config.load === 'immediate') begin()
  else if (window.requestIdleCallback) window.requestIdleCallback(begin, { timeout: 1000 })
  else window.setTimeout(begin) // Safari
  document.addEventListener('prerenderingchange', begin)
  if (config.pageLoads === 'auto') {
    const load = () => converge.track(pageLoad)
    load()
    onNavigation(window, load)
  }
  if (config.consentFrom) bring('consent')
  if (String(config.debug) === 'true' || flags === 'converge_debug') bring('inspector')
  return converge
}
