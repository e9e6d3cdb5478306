import { attempt } from '../core/attempt.ts'
import type { Config, Converge, ConvergeEvent, State } from '../types.ts'
import { likelyBlocker } from './blocker.ts'
import { type Entry, externalEntry, trackedEntry } from './entry.ts'
import { findExternals } from './externals.ts'
import { type Fact, stateInWords } from './state-words.ts'
import type { PageWatch } from './watch-page.ts'

/** The events of one pixel and their results. */
export interface Log {
  readonly config: Config
  state(): State
  facts(): Fact[]
  /** Looks for calls of other scripts. */
  look(): void
  stop(): void
}

/** The number of events that a new listener receives. If it receives all of them, there may have been more. */
const REPLAYED = 50
/** The maximum number of rows in a list. */
export const MOST = 200

/** The log of a page without a pixel ID. It says so, and receives no events. */
export function openIdleLog(config: Config): Log {
  const state: State = { pixel: 'off', consent: {}, relay: 'off', outbox: 0 }
  return { config, state: () => state, facts: () => stateInWords(state, config).slice(0, 1), look() {}, stop() {} }
}

/** Listens to an instance. Calls `notify` with each new or changed entry. */
export function openLog(
  window: Window,
  converge: Converge,
  config: Config,
  page: PageWatch,
  notify: (entry?: Entry) => void,
): Log {
  const entries = new Map<unknown, Entry>()
  const ids = new Set<string>()
  const hitsOf = new WeakMap<ConvergeEvent, number>()
  let ourHits = 0
  let state: State = {
    pixel: 'off',
    consent: converge.context().consent,
    relay: config.relay ? 'ready' : 'off',
    outbox: 0,
  }
  let received = 0

  function add(origin: unknown, entry: Entry): void {
    entries.set(origin, entry)
    const [oldest] = entries.keys()
    if (entries.size > MOST) entries.delete(oldest)
    notify(entry)
  }

  const stopEvents = converge.on('event', (result, event) => {
    received++
    ids.add(result.eventID)
    const handed = result.destinationEvents.filter(({ via }) => via.includes('pixel')).length
    // TikTok's pixel sends one more request, EnrichAM, for each new identity.
    const isKnown = result.matchKeys?.some((key) => key === 'email' || key === 'phone')
    const hits = handed && handed + (isKnown === false ? 0 : 1)
    ourHits += hits - (hitsOf.get(event) ?? 0)
    hitsOf.set(event, hits)
    const time = entries.get(event)?.time ?? Date.now()
    add(event, trackedEntry(result, event, time, config, state, converge))
  })
  const knowsAll = received < REPLAYED

  const stopState = converge.on('state', (news) => {
    const isSame = news.pixel === state.pixel && news.pixelCause === state.pixelCause
    state = news
    for (const { tracked, time } of isSame ? [] : [...entries.values()])
      if (tracked) add(tracked.event, trackedEntry(tracked.result, tracked.event, time, config, state, converge))
    notify()
  })

  return {
    config,
    state: () => state,
    facts() {
      const directives = page.refusedBy().join(' and ')
      const isScript = state.pixelCause === 'script_error'
      const policy = directives && `${directives} of the page's Content-Security-Policy`
      return stateInWords(state, config, state.pixelCause === 'csp' ? policy : isScript ? likelyBlocker(window) : '')
    },
    look() {
      const found = findExternals({
        pixelId: config.pixelId,
        ttq: page.ttq(),
        scripts: page.scripts(),
        isOurs: (id) => !knowsAll || ids.has(id),
        hits: page.hits(),
        ourHits: knowsAll ? ourHits : undefined,
      })
      for (const finding of found) {
        const former = entries.get(finding.origin)
        if (former?.eventName !== finding.event) add(finding.origin, externalEntry(finding, Date.now(), config, former))
      }
    },
    stop() {
      for (const stop of [stopEvents, stopState]) attempt(stop)
    },
  }
}
