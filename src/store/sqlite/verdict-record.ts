import type { Settled, Tables } from './outbox-tables.ts'
import { isSqliteError, reasonOf, whenFree } from './sqlite.ts'

export interface VerdictRecordOptions {
  tables: Tables
  /** Milliseconds since 1970. */
  now: () => number
  /** Milliseconds since some moment. Nobody can set it. */
  elapsed: () => number
  log: (sentence: string) => void
  /** Milliseconds that an event is put off for at the longest. */
  longestPause: number
}

/**
 * What became of events. It is kept here until it is in the file: an event that TikTok has must not be sent again
 * because the disk was full when that was to be written.
 */
export interface VerdictRecord {
  keep(settled: readonly Settled[]): void
  /** Writes some of what is kept. False if nothing is left, or the file cannot be written now. */
  saveSome(): boolean
  isSaved(): boolean
  /** True if an event must not be handed out, whatever the file says of it. */
  isSettled(id: number): boolean
  /** How many of the events that the file still holds were sent. */
  sentCount(): number
  /** Does other work that writes, and gives back how many rows it wrote. It may be left for a later call. */
  write(work: () => number): number
  /** Saves for the last time, and logs what could not be. */
  close(): Promise<void>
}

// Together they hold intake up for some milliseconds.
const chunk = 500
const pauseAfterFailure = 1000
const patienceWithLocks = 5000
const patienceAtTheEnd = 1000

export function createVerdictRecord({ tables, now, elapsed, log, longestPause }: VerdictRecordOptions): VerdictRecord {
  const kept = new Map<number, Settled>()
  let sent = 0
  let failingSince: number | undefined
  let nextTry = 0
  let hasLogged = false

  function forget(id: number): void {
    if (kept.get(id)?.outcome === 'done') sent--
    kept.delete(id)
  }

  /** Another process's lock is nothing to log, unless it stays. */
  function fail(error: unknown): void {
    failingSince ??= elapsed()
    const isBusy = isSqliteError(error, 'busy')
    if (!isBusy) nextTry = elapsed() + pauseAfterFailure
    if (hasLogged || (isBusy && elapsed() - failingSince < patienceWithLocks)) return
    hasLogged = true
    log(
      `converge-tiktok: the outbox could not be written (${reasonOf(error)}). Events are still sent. What was sent is kept in memory until it can be written; no event is sent twice, unless this process ends before that.`,
    )
  }

  function succeed(): void {
    if (hasLogged) log('converge-tiktok: the outbox can be written again.')
    failingSince = undefined
    hasLogged = false
  }

  function write(work: () => number): number {
    if (elapsed() < nextTry) return 0
    try {
      const count = work()
      if (count) succeed()
      return count
    } catch (error) {
      fail(error)
      return 0
    }
  }

  function writeSome(): number {
    const some: Settled[] = []
    for (const one of kept.values()) if (some.push(one) === chunk) break
    tables.settle(some, now())
    for (const { id } of some) forget(id)
    return some.length
  }

  return {
    keep(settled) {
      for (const one of settled) {
        forget(one.id)
        kept.set(one.id, one)
        if (one.outcome === 'done') sent++
      }
    },
    saveSome: () => kept.size > 0 && write(writeSome) > 0,
    isSaved: () => kept.size === 0,
    isSettled(id) {
      const one = kept.get(id)
      if (one?.outcome !== 'putOff') return one !== undefined
      return one.due > now() && one.due <= now() + longestPause
    },
    sentCount: () => sent,
    write,
    async close() {
      try {
        while (kept.size) await whenFree(writeSome, patienceAtTheEnd)
      } catch (error) {
        log(
          `converge-tiktok: the outbox could not be written (${reasonOf(error)}). ${kept.size} events, of which ${sent} were sent, are sent again by the next start, under the same event_id.`,
        )
      }
    },
  }
}
