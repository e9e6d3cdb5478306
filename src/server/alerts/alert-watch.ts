import type { Log } from '../../core/log.ts'
import type { EventLog } from '../../store/event-log.ts'
import type { PostedAlerts } from '../../store/posted-alerts.ts'
import type { ReadHealth } from '../health.ts'
import type { ReadPause } from '../pause.ts'
import { redact } from '../redact.ts'
import type { SourceCount, SourceCounts } from '../sources/source-counts.ts'
import { type Cause, findCauses } from './causes.ts'
import { type PostAlertOptions, postAlert } from './post-alert.ts'
import type { Alerts } from './read-alerts.ts'

/** Milliseconds. Refusals of a source within this time count together. */
const WINDOW = 600_000

/** What was posted. It outlives a new config, so that no message is posted twice. */
export interface AlertMemory {
  /** The sentence of each cause that was posted and is not over. */
  active: Map<string, string>
  /** Causes that were posted before the last start, and not found since. */
  former?: Set<string>
  /** The times of the counts of sources, oldest first, in milliseconds of a monotonic clock. */
  counts: { at: number; sources: Record<string, SourceCount> }[]
  /** When watching began, in milliseconds since 1970. */
  since?: number
}

export const createAlertMemory = (): AlertMemory => ({ active: new Map(), counts: [] })

export interface AlertWatchOptions extends Omit<PostAlertOptions, 'url'> {
  alerts: Alerts
  pixelId: string
  memory: AlertMemory
  readHealth: ReadHealth
  readPause: ReadPause
  sourceCounts: SourceCounts
  eventLog: EventLog | undefined
  /** What was posted before the last start. `undefined` if the database does not keep it. */
  posted: PostedAlerts | undefined
  log: Log
  /** Milliseconds since 1970. */
  now: () => number
  monotonic: () => number
}

/** Returns a function that checks once, and posts the problems that have begun or are over. It never rejects, and never runs twice at a time. */
export function createAlertWatch(options: AlertWatchOptions): () => Promise<void> {
  const { alerts, pixelId, memory, log, posted, monotonic } = options
  const started = monotonic()
  let looking: Promise<void> | undefined

  /** Returns false if the message could not be posted. The next check tries again. */
  async function post(sentence: string): Promise<boolean> {
    const text = redact(`Converge for TikTok, pixel ${pixelId}: ${sentence}`)
    try {
      await postAlert(text, { ...options, url: alerts.url })
      return true
    } catch (error) {
      log('error', 'An alert could not be posted to alerts.url', {
        problem: error instanceof Error ? error.message : '',
      })
      return false
    }
  }

  async function readFormer(): Promise<Set<string>> {
    const former = (await posted?.read()) ?? new Map()
    for (const [cause, sentence] of former) memory.active.set(cause, sentence)
    return new Set(former.keys())
  }

  /** After a start, a cause may be found only once TikTok has answered again. Until then it is not over. */
  const mayReturn = (cause: string) => memory.former?.has(cause) && monotonic() < started + WINDOW

  async function look(): Promise<void> {
    memory.former ??= await readFormer()
    const causes: ReadonlyMap<string, string> = await findNow(options)
    // Written after each message, because posting the next one may take long, and the process may end meanwhile.
    const remember = () => posted?.write(withoutSources(memory.active))
    for (const [cause, sentence] of causes) {
      memory.former.delete(cause)
      if (memory.active.has(cause) || !(await post(sentence))) continue
      memory.active.set(cause, sentence)
      await remember()
    }
    for (const [cause, sentence] of memory.active) {
      if (causes.has(cause) || mayReturn(cause)) continue
      if (!(await post(`This is over: ${sentence}`))) continue
      memory.active.delete(cause)
      await remember()
    }
  }

  return () => {
    looking ??= look()
      .catch((error: unknown) => {
        log('error', 'Alerts could not be checked', { problem: redact(error instanceof Error ? error.message : '') })
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }
}

/** Each forwarder counts the refusals of sources itself, from its start on. Another one must not treat them as over. */
const withoutSources = (sentences: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...sentences].filter(([cause]) => !cause.startsWith('source:')))

async function findNow(options: AlertWatchOptions): Promise<Map<Cause, string>> {
  const { alerts, memory, eventLog, now, monotonic } = options
  const sources = options.sourceCounts.read()
  memory.since ??= now()
  const { counts } = memory
  // All counts are 0 at the start, and requests may have come before the first check.
  if (counts.length === 0) counts.push({ at: monotonic(), sources: {} })
  counts.push({ at: monotonic(), sources })
  while (counts.length > 2 && (counts[1]?.at ?? 0) <= monotonic() - WINDOW) counts.shift()
  const isSilenceWatched = alerts.silentHours !== undefined && eventLog !== undefined
  return findCauses({
    alerts,
    health: await options.readHealth(),
    sources,
    before: counts[0]?.sources ?? {},
    lastOrder: isSilenceWatched ? ((await eventLog.summary(now(), now())).lastOrder ?? memory.since) : undefined,
    isPaused: (await options.readPause()) !== undefined,
    now: now(),
  })
}
