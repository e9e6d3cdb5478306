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
import { openDevice } from './device.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import { onNavigation } from './page-loads.ts'
import { createPixel } from './pixel.ts'
import { createRelay } from './relay.ts'
import { createVisitor } from './visitor.ts'

declare global {
  interface Document {
    prerendering?: boolean
  }
  interface Navigator {
    globalPrivacyControl?: boolean
  }
}

/** Brings a part that is a file of its own. */
export type LoadPart = (name: 'consent' | 'inspector') => Promise<Part>

export interface Part {
  start(converge: Converge, config: Config, window: Window): void
}

const HELD = 100

/** An instance in a page. */
export function startConverge(config: Config, window: Window, loadPart: LoadPart): Converge {
  const rules = readConfig(config)
  const { consent: mode = 'always', context, gpc, beforeSend } = config
  const { document, location, navigator } = window
  const news: { [Type in keyof News]: Emitter<News[Type]> } = { event: createEmitter(), state: createEmitter() }
  // A page's ids share a random part and count. Math.random is there on insecure pages too.
  const page = `${Math.random()}${Date.now()}`.slice(2)
  let count = 0
  const newId = () => `${page}.${++count}`
  const pageUrl = () => context?.url ?? location.href
  const hasGpc = navigator.globalPrivacyControl === true && gpc !== 'ignore'
  const byDefault = hasGpc && gpc === 'deny' ? 'denied' : undefined
  // `?converge_test=CODE` and `?converge_debug` hold for the tab: its name stays, and is no storage.
  const [flag = window.name] = /converge_(test=[\w-]+|debug)/.exec(location.search) ?? []
  window.name = flag

  let decision: Consent | undefined
  let standing: Record<string, unknown> = {}
  let lastPage: unknown
  /** What does an event whose consent is undecided. */
  const held: (() => void)[] = []
  /** What looks again at an event of a pixel that is not live yet. */
  const handed = new Set<() => void>()
  const seen = new Set<string>()

  const mayUse = () => !refusal()
  const device = openDevice(window, config, mayUse)
  const visitor = createVisitor(device, hash(readText(context?.external_id)), newId)
  const hasPixel = config.mapping?.mode !== 'server_only'
  const state: State = {
    pixel: hasPixel ? 'waiting' : 'off',
    consent: {},
    relay: config.relay ? 'ready' : 'off',
    outbox: 0,
  }
  const pixel = createPixel(window, config, hasGpc || isOn(config.limitedDataUse), state, report)
  const relay = createRelay(window, config, device, state, report)

  const consent = (): Consent => (decision ??= Object(device.read('consent')))

  /** Why a copy may not leave now, if so. */
  function refusal(via: Channel = 'pixel'): Reason | undefined {
    const isOpen = document.prerendering ? undefined : isAllowed(mode, consent().marketing ?? byDefault, via)
    return isOpen ? undefined : isOpen === false ? 'denied' : 'undecided'
  }

  function report(part: Partial<State>): void {
    Object.assign(state, part)
    news.state.emit({ ...state })
    if (part.pixel) for (const assess of handed) assess()
  }

  /** Does what was not allowed before, or not urgent. */
  function begin(): void {
    if (consent().marketing || !mayUse()) report({ consent: consent() })
    if (mayUse()) {
      if (hasPixel) pixel.start()
      device.tidy()
      if (config.relay) relay.takeOver()
    }
    for (const run of held.splice(0)) run()
  }

  /** Sends an event on its way, and tells whatever becomes of it. */
  function follow(event: ConvergeEvent, isStopped: boolean, own: User, isClientOnly: boolean): TrackResult {
    const time = Date.now()
    const person = visitor.learn(own)
    const { eventName, eventID, properties } = event
    const key = `${eventName}.${eventID}`
    let destinationEvents: DestinationEvent[] = []
    let matchKeys: string[] | undefined
    let isCounted = false
    /** Whether the pixel took it. Unknown where it wasn't asked. */
    let isHanded: boolean | undefined
    /** What became of the server copy, where there is one. */
    let relayed: [Status, Reason?] | undefined
    let result: TrackResult | undefined

    function tell(status: Status, reason?: Reason): TrackResult {
      if (result?.status === status && result.reason === reason) return result
      result = { status, reason, eventName, eventID, time, destinationEvents, matchKeys }
      news.event.emit(result, event)
      return result
    }

    function run(): TrackResult {
      const problem = refusal()
      const mayRelay = config.relay && !isClientOnly && !refusal('relay')
      if (problem === 'undecided' && held.push(run) > HELD) held.shift()
      if (problem && !mayRelay) return tell('no_consent', problem)
      const rows = route(event, rules, config)
      if (!rows) return tell('filtered', 'filter')
      if (!rows[0]) return tell('skipped', 'unmapped')
      if (!isCounted && (seen.has(key) || (!problem && device.isSent(event)))) return tell('skipped', 'already_sent')
      seen.add(key)
      isCounted = true
      const user = problem ? own : visitor.known(person)
      matchKeys = Object.keys(user)
      const send: RelayedEvent['send'] = []
      destinationEvents = rows.flatMap(({ event, forward, parameters }) => {
        const via: Channel[] = []
        if (hasPixel && !problem && forward !== 'server') {
          isHanded ??= false
          // TikTok's script, or whoever else has put a ttq there, may throw.
          attempt(() => {
            pixel.identify(user, person)
            pixel.track(event, parameters(), eventID)
            via.push('pixel')
            isHanded = true
          })
        }
        if (mayRelay && forward !== 'client') {
          via.push('relay')
          send.push({ event, parameters: parameters() })
        }
        return via[0] ? { event, event_id: eventID, parameters: parameters(), via } : []
      })
      if (send[0] && !relayed) {
        relayed = ['success']
        // Undecided, a server copy says nothing of how the visitor came here.
        const clean = (url: unknown) => cleanUrl(readText(url).replace(problem ? /\?.*/ : '', ''))
        relay.send(
          {
            time,
            eventName,
            eventID,
            send,
            pixel: !!isHanded && state.pixel !== 'blocked',
            user,
            page: { url: clean(properties.$url), referrer: clean(properties.referrer) },
            ...(!problem && { ...device.ids(), locale: navigator.language }),
            consent: consent(),
            test: flag.split('converge_test=')[1],
          },
          (...answer: [Status, Reason?]) => {
            relayed = answer
            assess()
          },
        )
      }
      return assess()
    }

    /** Says how it is doing, from what is known of its copies by now. */
    function assess(): TrackResult {
      const pixelStatus = isHanded && state.pixel
      if (pixelStatus === 'live') {
        handed.delete(assess)
        device.setSent(event)
      } else if (pixelStatus) handed.add(assess)

      const [status, reason] = relayed ?? []
      if (status === 'retry') return tell(status, reason)
      if (pixelStatus && pixelStatus !== 'blocked') return tell('success')
      const problem = isHanded === undefined ? refusal() : 'pixel_blocked'
      if (status) return tell(status, reason ?? problem)
      if (!problem) return tell('skipped', 'no_channel')
      return tell(problem === 'pixel_blocked' ? 'failure' : 'no_consent', problem)
    }

    if (isStopped) return tell('filtered', 'before_send')
    if (eventName === pageLoad) {
      if (properties.$url === lastPage) return tell('skipped', 'same_page')
      lastPage = properties.$url
    }
    return run()
  }

  const converge: Converge = {
    track(eventName, properties, options) {
      const { eventID, profileProperties, aliases, forward } = copyRecord(options)
      const ofPage = {
        $url: pageUrl(),
        referrer: context?.referrer ?? document.referrer,
        $sales_channel_type: 'web',
      }
      const given = createEvent(
        eventName,
        { ...copyRecord(ofPage), ...standing, ...copyRecord(properties) },
        eventID,
        newId,
      )
      const changed = attempt(() => {
        if (!beforeSend) return given
        const event = beforeSend(given)
        return event ? createEvent(event.eventName, copyRecord(event.properties), event.eventID, newId) : null
      }, console.error)
      // Where the hook throws, the event goes on as it was.
      const event = changed ?? given
      const own = { ...readUser(event.properties), ...readUser(Object(profileProperties), aliases) }
      return follow(event, changed === null, own, forward === 'client')
    },
    set(properties) {
      const { eventProperties, profileProperties, aliases } = copyRecord(properties)
      standing = { ...standing, ...Object(eventProperties) }
      if (profileProperties === null) visitor.forget()
      else visitor.learn(readUser(Object(profileProperties), aliases))
    },
    consent(given) {
      const decide = (granted: unknown) => (granted === 'granted' ? granted : 'denied')
      const { analytics, marketing } = Object(given)
      decision = { analytics: decide(analytics), marketing: decide(marketing) }
      const isDenied = refusal() === 'denied'
      if (isDenied) {
        device.erase()
        visitor.forget()
        relay.forget()
      }
      device.write('consent', decision)
      pixel.allow(!isDenied)
      begin()
    },
    context: () => ({
      ...(mayUse() && { ...device.ids(), external_id: visitor.known(visitor.learn({})).external_id }),
      url: cleanUrl(pageUrl()),
      userAgent: context?.userAgent ?? navigator.userAgent,
      consent: consent(),
    }),
    on: (type, listener) => news[type]?.on?.(listener),
  }

  const bring = (part: 'consent' | 'inspector') =>
    loadPart(part).then(({ start }) => start(converge, config, window), console.error)

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
  if (config.consentFrom?.length) bring('consent')
  if (isOn(config.debug) || flag === 'converge_debug') bring('inspector')
  return converge
}

/** In a `data-` attribute it is text. */
const isOn = (value: unknown): boolean => String(value) === 'true'
