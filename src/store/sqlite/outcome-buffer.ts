import type { Settled } from '../waiting-event.ts'
import type { Tables } from './outbox-tables.ts'
import { isSqliteError, reasonOf, whenFree } from './sqlite.ts'

export interface OutcomeBufferOptions {
  tables: Tables
  /** Milliseconds since 1970. */
  now: () => number
  /** A monotonic clock in milliseconds. */
  elapsed: () => number
  log: (sentence: string) => void
  /** The longest delay of an event, in milliseconds. */
  longestPause: number
}

/**
 * Keeps the outcomes of events in memory until they are written to the file. An event that TikTok has must not be sent again
 * because a full disk prevented that write.
 */
export interface OutcomeBuffer {
  keep(settled: readonly Settled[]): void
  /** Writes some outcomes. Returns false if none is left or the file cannot be written now. */
  saveSome(): boolean
  isSaved(): boolean
  /** True if an event must not be sent, although it is still in the file. */
  isSettled(id: number): boolean
  /** The number of sent events that the file still contains. */
  sentCount(): number
  /** Runs other work that writes, and returns the number of rows. It returns 0 without running it while writes fail. */
  write(work: () => number): number
  /** Saves for the last time, and logs how many outcomes could not be saved. */
  close(): Promise<void>
}

// One chunk blocks intake for some milliseconds.
const chunk = 500
const pauseAfterFailure = 1000
const patienceWithLocks = 5000
const patienceAtTheEnd = 1000

export function createOutcomeBuffer({ tables, now, elapsed, log, longestPause }: OutcomeBufferOptions): OutcomeBuffer {
  const kept = new Map<number, Settled>()
  let sent = 0
  let failingSince: number | undefined
  let nextTry = 0
  let hasLogged = false

  function forget(id: number): void {
    if (kept.get(id)?.outcome === 'done') sent--
    kept.delete(id)
  }

  /** Logs a failed write. Another process's lock is only logged if it lasts. */
  function fail(error: unknown): void {
    failingSince ??= elapsed()
    const isBusy = isSqliteError(error, 'busy')
    if (!isBusy) nextTry = elapsed() + pauseAfterFailure
    if (hasLogged || (isBusy && elapsed() - failingSince < patienceWithLocks)) return
    hasLogged = true
    log(
      `converge-tiktok: the outbox could not be written (${reasonOf(error)}). Events are still sent. The outcomes are kept in memory until they can be written. If this process ends before that, these events are sent twice.`,
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
          `converge-tiktok: the outbox could not be written (${reasonOf(error)}). After the next start, ${kept.size} events are sent again with the same event_id. ${sent} of them have already been sent.`,
        )
      }
    },
  }
}
