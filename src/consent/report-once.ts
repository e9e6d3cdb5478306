import type { Consent, Decision } from '../types.ts'

/** A platform's complete decision, or `undefined` while there is none. */
export type Answer = Required<Record<keyof Consent, Decision>> | undefined

/**
 * Calls `report` with the decision that `ask` returns, but not with the same one twice in a row. Exceptions of a platform are
 * caught, because `ask` runs within calls of other scripts.
 */
export function reportOnce(report: (consent: Consent) => void): (ask: () => Answer) => void {
  let reported: Answer
  return (ask) => {
    try {
      const answer = ask()
      if (!answer || (answer.marketing === reported?.marketing && answer.analytics === reported.analytics)) return
      reported = answer
      report(answer)
    } catch {
      // If a platform throws, there is no decision.
    }
  }
}

export function decision(isGranted: boolean): Decision {
  return isGranted ? 'granted' : 'denied'
}
