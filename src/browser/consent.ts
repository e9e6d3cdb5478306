import { refusalOf } from '../core/consent.ts'
import { copyRecord } from '../core/event.ts'
import type { Channel, Consent } from '../types.ts'
import { config, document, navigator } from './instance.ts'
import { read } from './storage.ts'

/** What Global Privacy Control means, where the visitor has it on. */
export const gpc = navigator.globalPrivacyControl === true ? config.gpc : 'ignore'

declare global {
  interface Document {
    prerendering?: boolean
  }
  interface Navigator {
    globalPrivacyControl?: boolean
  }
}

let decision: Consent | undefined

/** What the visitor has decided, on this page or a former one, or has the browser say. */
export function consent(): Consent {
  const found = decision ?? Object(read('consent') ?? (gpc === 'deny' ? { marketing: 'denied' } : undefined))
  // Before the page is seen, the visitor may decide on the one that is.
  decision = document.prerendering ? decision : found
  return found
}

/** A category that is left out is denied. */
export function decide(given: unknown): void {
  const { analytics, marketing } = copyRecord(given)
  const read = (granted: unknown) => (granted === 'granted' ? granted : 'denied')
  decision = { analytics: read(analytics), marketing: read(marketing) }
}

/** Why a copy may not leave now, if so. While the page is prerendered, nobody has seen it. */
export const refusal = (via: Channel = 'pixel', isSeen = !document.prerendering) =>
  isSeen ? refusalOf(config.consent, consent().marketing, via) : 'undecided'
