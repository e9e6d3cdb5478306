const MAX_PROBLEMS = 100

export interface Tally {
  /** An event was sent. */
  countSent(): void
  /** Reports a dead letter. */
  countDead(problem: string): void
  sent(): number
  /** Dead letters by problem. */
  dead(): Record<string, number>
}

/** Counts the outcomes of events since the start. */
export function createTally(): Tally {
  let sent = 0
  const dead = new Map<string, number>()
  return {
    countSent() {
      sent++
    },
    countDead(problem) {
      // There are few distinct texts, unless TikTok's text contains values of the event.
      const key = dead.has(problem) || dead.size < MAX_PROBLEMS ? problem : 'Other problems'
      dead.set(key, (dead.get(key) ?? 0) + 1)
    },
    sent: () => sent,
    dead: () => Object.fromEntries(dead),
  }
}
