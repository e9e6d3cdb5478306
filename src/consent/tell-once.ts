import type { Consent, Decision } from '../types.ts'

/** A platform's complete decision, or `undefined` while there is none. */
export type Answer = Required<Record<keyof Consent, Decision>> | undefined

/**
 * Reports the decision that `ask` returns, and none twice in a row. Exceptions of a platform are caught, because `ask` runs
 * within calls of other scripts.
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
      // If a platform throws, there is no decision.
    }
  }
}

export function decision(isGranted: boolean): Decision {
  return isGranted ? 'granted' : 'denied'
}
