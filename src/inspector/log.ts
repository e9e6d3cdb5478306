import { attempt } from '../core/attempt.ts'
import type { Config, Converge, ConvergeEvent, State } from '../types.ts'
import { likelyBlocker } from './blocker.ts'
import { type Entry, externalEntry, trackedEntry } from './entry.ts'
import { findExternals } from './externals.ts'
import type { Sight } from './sight.ts'
import { type Fact, stateInWords } from './state-words.ts'

/** What one pixel's events have come to. */
export interface Log {
  readonly config: Config
  state(): State
  facts(): Fact[]
  /** Looks for what others fire. */
  look(): void
  stop(): void
}

/** So many are replayed to who comes late: where all of them were, there may have been more. */
const REPLAYED = 50
/** What a list shows of. */
export const MOST = 200

/** Stands for a page that has named no pixel yet: it says so, and hears nothing. */
export function openIdleLog(config: Config): Log {
  const state: State = { pixel: 'off', consent: {}, relay: 'off', outbox: 0 }
  return { config, state: () => state, facts: () => stateInWords(state, config).slice(0, 1), look() {}, stop() {} }
}

/** Hears an instance, and tells each entry that is new or has changed. */
export function openLog(
  window: Window,
  converge: Converge,
  config: Config,
  sight: Sight,
  tell: (entry?: Entry) => void,
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
  let heard = 0

  function add(origin: unknown, entry: Entry): void {
    entries.set(origin, entry)
    const [oldest] = entries.keys()
    if (entries.size > MOST) entries.delete(oldest)
    tell(entry)
  }

  const stopEvents = converge.on('event', (result, event) => {
    heard++
    ids.add(result.eventID)
    const handed = result.destinationEvents.filter(({ via }) => via.includes('pixel')).length
    // Each identity that is new sends a hit of its own, EnrichAM.
    const isKnown = result.matchKeys?.some((key) => key === 'email' || key === 'phone')
    const hits = handed && handed + (isKnown === false ? 0 : 1)
    ourHits += hits - (hitsOf.get(event) ?? 0)
    hitsOf.set(event, hits)
    const time = entries.get(event)?.time ?? Date.now()
    add(event, trackedEntry(result, event, time, config, state, converge))
  })
  const knowsAll = heard < REPLAYED

  const stopState = converge.on('state', (news) => {
    const isSame = news.pixel === state.pixel && news.pixelCause === state.pixelCause
    state = news
    for (const { tracked, time } of isSame ? [] : [...entries.values()])
      if (tracked) add(tracked.event, trackedEntry(tracked.result, tracked.event, time, config, state, converge))
    tell()
  })

  return {
    config,
    state: () => state,
    facts() {
      const directives = sight.refusedBy().join(' and ')
      const isScript = state.pixelCause === 'script_error'
      const policy = directives && `${directives} of the page's Content-Security-Policy`
      return stateInWords(state, config, state.pixelCause === 'csp' ? policy : isScript ? likelyBlocker(window) : '')
    },
    look() {
      const found = findExternals({
        pixelId: config.pixelId,
        ttq: sight.ttq(),
        scripts: sight.scripts(),
        isOurs: (id) => !knowsAll || ids.has(id),
        hits: sight.hits(),
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
