import type { ConsentAdapter, Decision } from '../types.ts'
import { type Answer, decision, reportOnce } from './report-once.ts'
import { lookAsScriptsLoad } from './script-loads.ts'

const signals = ['ad_storage', 'ad_user_data', 'analytics_storage'] as const
type Signal = (typeof signals)[number]

/** Consent state of Google's tags. It is undocumented. GTM templates write here without an entry in the data layer. */
interface ConsentState {
  usedUpdate?: boolean
  addListener?(signals: readonly Signal[], listener: () => void): void
  /** 0 is unknown, 1 granted, 2 denied. */
  getConsentState?(signal: Signal): number
}

interface GooglePage {
  google_tag_data?: { ics?: ConsentState }
  /** By container. Other keys have no data layer. */
  google_tag_manager?: Record<string, { dataLayer?: { name?: string } } | undefined>
}

/** Google consent mode, also with several containers. */
export const google: ConsentAdapter = (window, report) => {
  const reportNew = reportOnce(report)
  const page: GooglePage = Object(window)
  const layers: Record<string, unknown> = Object(window)

  // Plain records and lists, because old shops declare functions named Map and Set.
  const defaults: Partial<Record<Signal, Decision>> = {}
  const updates: Partial<Record<Signal, Decision>> = {}
  /** Denied by default in some region, which may be the visitor's. */
  const doubtful: Partial<Record<Signal, boolean>> = {}

  const followed: unknown[] = []

  function isGranted(signal: Signal): boolean {
    return (updates[signal] ?? (doubtful[signal] ? undefined : defaults[signal])) === 'granted'
  }

  function answer(): Answer {
    const marketing = isGranted('ad_storage') && isGranted('ad_user_data')
    // A default of `denied` is not a decision. It applies until the visitor decides.
    if (!marketing && Object.keys(updates).length === 0) return undefined
    return { marketing: decision(marketing), analytics: decision(isGranted('analytics_storage')) }
  }

  /** `['consent', 'default' | 'update', states]`, an array or an `arguments` object. */
  function readEntry(entry: unknown): void {
    try {
      const { 0: command, 1: action, 2: states } = Object(entry)
      if (command !== 'consent') return
      for (const signal of signals) {
        const state: unknown = Object(states)[signal]
        if (state !== 'granted' && state !== 'denied') continue
        if (action === 'update') updates[signal] = state
        else if (action === 'default' && !states.region?.length) defaults[signal] = state
        else if (action === 'default' && state === 'denied') doubtful[signal] = true
      }
    } catch {
      // An entry that throws when it is read is skipped. The others are still read.
    }
  }

  /** Google's state knows the visitor's region, and what was set without the data layer. */
  function readState(state: ConsentState | undefined): void {
    for (const signal of signals) {
      const known = state?.getConsentState?.(signal)
      if (known !== 1 && known !== 2) continue
      if (state?.usedUpdate) updates[signal] = decision(known === 1)
      else defaults[signal] = decision(known === 1)
      doubtful[signal] = false
    }
  }

  /** Reads what is pushed. Google's script later wraps this `push` in its own, and calls it. */
  function follow(layer: unknown): void {
    if (!Array.isArray(layer)) return
    layer.forEach(readEntry)
    if (followed.includes(layer)) return
    followed.push(layer)
    const push: unknown = layer.push
    if (typeof push !== 'function') return
    layer.push = (...entries: unknown[]) => {
      const pushed = Reflect.apply(push, layer, entries)
      entries.forEach(readEntry)
      reportNew(answer)
      return pushed
    }
  }

  function look(): boolean {
    let isThere = false
    // Read everything before reporting: one layer may grant what Google's own state denies.
    reportNew(() => {
      for (const name of layerNames(window, page)) {
        layers[name] ??= []
        follow(layers[name])
      }
      readState(page.google_tag_data?.ics)
      return answer()
    })
    reportNew(() => {
      const state = page.google_tag_data?.ics
      isThere = Boolean(state?.addListener)
      state?.addListener?.(signals, () => {
        reportNew(() => {
          readState(state)
          return answer()
        })
      })
      return undefined
    })
    return isThere
  }

  lookAsScriptsLoad(window, look)
}

/** The data layers that Google's tags of this page read. Default: `dataLayer`. */
function layerNames({ document }: Window, { google_tag_manager = {} }: GooglePage): string[] {
  const names: string[] = []
  const add = (name: string) => names.includes(name) || names.push(name)
  for (const container of Object.values(google_tag_manager)) {
    const name = container?.dataLayer?.name
    if (name) add(name)
  }
  for (const { src } of document.scripts) {
    const query = new URLSearchParams(src.split('?')[1])
    if (/^(GTM|GT|G|AW|DC)-/.test(query.get('id') ?? '')) add(query.get('l') ?? 'dataLayer')
  }
  return names[0] ? names : ['dataLayer']
}
