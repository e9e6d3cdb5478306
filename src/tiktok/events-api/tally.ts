const MAX_PROBLEMS = 100

export interface Tally {
  /** An event was sent. */
  countSent(): void
  /** An event will never be sent. */
  countDead(problem: string): void
  sent(): number
  /** Set aside, by problem. */
  dead(): Record<string, number>
}

/** What became of the events since the start. */
export function createTally(): Tally {
  let sent = 0
  const dead = new Map<string, number>()
  return {
    countSent() {
      sent++
    },
    countDead(problem) {
      // Distinct texts are few, unless TikTok writes something of the event into them.
      const key = dead.has(problem) || dead.size < MAX_PROBLEMS ? problem : 'Other problems'
      dead.set(key, (dead.get(key) ?? 0) + 1)
    },
    sent: () => sent,
    dead: () => Object.fromEntries(dead),
  }
}
