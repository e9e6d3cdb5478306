import { type Refusal, refusalOf } from '../core/consent.ts'
import { copyRecord } from '../core/event.ts'
import { isRecord } from '../core/read.ts'
import type { Channel, Config, Consent, ConsentMode, Decision as GivenDecision } from '../types.ts'
import { consentKey, type Storage } from './storage.ts'

/** What the visitor has decided, for all pixels of the page, and what that allows. */
export interface Decision {
  /** On this page or a former one, or by the browser's Global Privacy Control. */
  read(): Consent
  /** A category that is left out is denied. */
  decide(consent: unknown): void
  /** Why a copy may not leave now, if so. While the page is prerendered, nobody has seen it. */
  refusal(channel?: Channel, isSeen?: boolean): Refusal | undefined
  /** Adds a pixel's rules: from then on, a copy leaves only if the rules of every pixel allow it. */
  addRules(rules: Pick<Config, 'consent' | 'gpc'>): void
  /** Whether the browser sends Global Privacy Control, and the config does not ignore it. */
  isOptedOut(): boolean
}

declare global {
  interface Document {
    prerendering?: boolean
  }
  interface Navigator {
    globalPrivacyControl?: boolean
  }
}

export function createDecision({ document, navigator }: Window, storage: () => Storage): Decision {
  const modes: ConsentMode[] = []
  const meanings: NonNullable<Config['gpc']>[] = []
  let decided: Consent | undefined

  // An element may stand in the place of `document.prerendering`.
  const isPrerendered = () => document.prerendering === true
  const isOptedOut = () => navigator.globalPrivacyControl === true && meanings.some((meaning) => meaning !== 'ignore')
  const isDeniedByGpc = () => isOptedOut() && meanings.includes('deny')

  function readKept(): Consent | undefined {
    const kept = storage().read(consentKey)
    return isRecord(kept) ? consentOf(kept) : undefined
  }

  function read(): Consent {
    const found = decided ?? readKept() ?? (isDeniedByGpc() ? { marketing: 'denied' } : {})
    // While this page is prerendered, the visitor may still decide on the one that is seen.
    if (!isPrerendered()) decided = found
    return found
  }

  function refusal(channel: Channel = 'pixel', isSeen = !isPrerendered()): Refusal | undefined {
    if (!isSeen) return 'undecided'
    const { marketing } = read()
    if (isDeniedByGpc() && marketing !== 'granted') return 'denied'
    const refusals = modes.map((mode) => refusalOf(mode, marketing, channel))
    return refusals.includes('denied') ? 'denied' : refusals.find(Boolean)
  }

  return {
    read,
    decide(given) {
      decided = consentOf(copyRecord(given))
    },
    refusal,
    addRules({ consent = 'always', gpc = 'limited_data_use' }) {
      modes.push(consent)
      meanings.push(gpc)
    },
    isOptedOut,
  }
}

const decisionOf = (decision: unknown): GivenDecision => (decision === 'granted' ? decision : 'denied')

/** What is not granted is denied. */
const consentOf = ({ analytics, marketing }: Record<string, unknown>): Consent => ({
  analytics: decisionOf(analytics),
  marketing: decisionOf(marketing),
})
