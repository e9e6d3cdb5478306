import { type Refusal, refusalOf } from '../core/consent.ts'
import { isRecord } from '../core/read.ts'
import type { Channel, Consent, Decision } from '../types.ts'
import type { Page } from './state.ts'
import { readStored, writeStored } from './storage.ts'

declare global {
  interface Document {
    prerendering?: boolean
  }
  interface Navigator {
    globalPrivacyControl?: boolean
  }
}

/** The storage key of the visitor's decision. A denial may be stored too. */
export const consentKey = 'converge.consent'

// A DOM element may have the name `prerendering`, so only `true` counts.
const isPrerendered = ({ window }: Page) => window.document.prerendering === true

/** Whether the browser sends Global Privacy Control, and a config does not ignore it. */
export const isOptedOut = ({ window, consentRules }: Page): boolean =>
  window.navigator.globalPrivacyControl === true && consentRules.some(({ gpc }) => gpc !== 'ignore')

/** Whether Global Privacy Control denies, unless the visitor grants. */
export const isDeniedByGpc = (page: Page): boolean =>
  isOptedOut(page) && page.consentRules.some(({ gpc }) => gpc === 'deny')

/** Reads the visitor's decision from this page, an earlier page or Global Privacy Control. It applies to all pixels. */
export function readDecision(page: Page): Consent {
  if (page.decided) return page.decided
  const kept = readStored(page, consentKey)
  const found: Consent = isRecord(kept) ? consentOf(kept) : isDeniedByGpc(page) ? { marketing: 'denied' } : {}
  // While this page is prerendered, the visitor may still decide on the visible page.
  if (!isPrerendered(page)) page.decided = found
  return found
}

/** Returns why a copy may not be sent now, if so. A prerendered page counts as undecided, because nobody has seen it. */
export function refusal(page: Page, channel: Channel = 'pixel', isSeen = !isPrerendered(page)): Refusal | undefined {
  if (!isSeen) return 'undecided'
  const { marketing } = readDecision(page)
  if (isDeniedByGpc(page) && marketing !== 'granted') return 'denied'
  const refusals = page.consentRules.map(({ consent }) => refusalOf(consent, marketing, channel))
  return refusals.includes('denied') ? 'denied' : refusals.find(Boolean)
}

/** Writes to storage if the visitor's decision allows it, and returns whether it does. */
export function keep(page: Page, key: string, value: unknown): boolean {
  const mayKeep = !refusal(page)
  if (mayKeep) writeStored(page, key, value)
  return mayKeep
}

const decisionOf = (decision: unknown): Decision => (decision === 'granted' ? decision : 'denied')

/** Reads a decision. A category that is not granted is denied. */
export const consentOf = ({ analytics, marketing }: Record<string, unknown>): Consent => ({
  analytics: decisionOf(analytics),
  marketing: decisionOf(marketing),
})
