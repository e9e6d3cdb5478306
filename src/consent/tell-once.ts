import type { Consent, Decision } from '../types.ts'

/** What a platform knows of the visitor: a whole decision, or `undefined` while there is none. */
export type Answer = Required<Record<keyof Consent, Decision>> | undefined

/**
 * Tells what `ask` answers: decisions alone, and none twice in a row. What a platform throws stays here, since it is
 * asked in the middle of other people's calls.
 */
export function tellOnce(tell: (consent: Consent) => void): (ask: () => Answer) => void {
  let told: Answer
  return (ask) => {
    try {
      const answer = ask()
      if (!answer || (answer.marketing === told?.marketing && answer.analytics === told.analytics)) return
      told = answer
      tell(answer)
    } catch {
      // A platform that can't be asked has not decided anything.
    }
  }
}

export function decision(isGranted: boolean): Decision {
  return isGranted ? 'granted' : 'denied'
}
