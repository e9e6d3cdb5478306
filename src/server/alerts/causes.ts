import type { HealthReport } from '../health-report.ts'
import type { SourceCount } from '../sources/source-counts.ts'
import type { Alerts } from './read-alerts.ts'

/** What an alert is about. `source:…` is one source. */
export type Cause = 'token' | 'broken' | 'full' | 'disk' | 'outbox' | 'oldest' | 'dead' | 'silent' | `source:${string}`

/** The state that the alerts are found in. */
export interface Situation {
  alerts: Alerts
  health: HealthReport
  sources: Readonly<Record<string, SourceCount>>
  /** The counts of the previous check, or of the start. */
  before: Readonly<Record<string, SourceCount>>
  /** When the last order came, in milliseconds since 1970. `undefined` if that is unknown. */
  lastOrder: number | undefined
  /** True if the intake is paused, so that silence is expected. */
  isPaused: boolean
  /** Milliseconds since 1970. */
  now: number
}

const NEARLY_FULL = 0.9
/** Bytes of free space under which the disk is nearly full. */
const LITTLE_SPACE = 200_000_000
const REPEATED = 3
const HOUR = 3_600_000

/** Finds what needs attention, as a sentence for each cause. The sentences contain no personal data. */
export function findCauses(situation: Situation): Map<Cause, string> {
  const causes = new Map<Cause, string>()
  const add = (cause: Cause, sentence: string | false | undefined) => {
    if (sentence) causes.set(cause, sentence)
  }
  const { alerts, health } = situation
  const { stopped, full, disk, overdue = health.oldest ?? 0, dead } = health
  if (stopped) add(isRefusal(stopped) ? 'token' : 'broken', `Nothing is sent. ${stopped}`)
  add('full', full && `No more events are accepted. ${typeof full === 'string' ? full : 'The outbox is full.'}`)
  if (disk && !full) {
    const { used, log, limit, free } = disk
    add(
      'outbox',
      used - log > NEARLY_FULL * limit && `The outbox is nearly full: ${share(used - log, limit)} of its limit.`,
    )
    add(
      'disk',
      free !== undefined && free < LITTLE_SPACE && `The disk is nearly full: ${toMegabytes(free)} MB are free.`,
    )
  }
  add('oldest', overdue > alerts.oldestMinutes * 60 && `An event has waited for ${Math.round(overdue / 60)} minutes.`)
  const letters = Object.values(dead).reduce((sum, count) => sum + count, 0)
  add('dead', letters > alerts.deadLetters && `There are ${letters} dead letters, which TikTok refused for good.`)
  add('silent', silenceOf(situation))
  for (const name of Object.keys(situation.sources)) add(`source:${name}`, refusalsOf(name, situation))
  return causes
}

/** True if TikTok refuses the access token or the pixel. False if the database is the cause. */
const isRefusal = (stopped: string): boolean => /\bcode 40(001|1\d\d)\b/.test(stopped)

function silenceOf({ alerts, lastOrder, isPaused, now }: Situation): string | undefined {
  const { silentHours } = alerts
  if (silentHours === undefined || lastOrder === undefined || isPaused) return undefined
  const hours = (now - lastOrder) / HOUR
  return hours > silentHours ? `No order has come for ${Math.floor(hours)} hours.` : undefined
}

/** Shop systems delete a webhook after several refusals. */
function refusalsOf(name: string, { sources, before }: Situation): string | undefined {
  const [count, former] = [sources[name], before[name]]
  const more = (key: 'unauthorized' | 'unavailable') => (count?.[key] ?? 0) - (former?.[key] ?? 0)
  if (more('unauthorized') >= REPEATED)
    return `Requests of the source ${name} are answered 401: its token or signature is wrong.`
  if (more('unavailable') >= REPEATED) return `Requests of the source ${name} are answered 503: nothing can be stored.`
  return undefined
}

const share = (part: number, all: number): string => `${Math.round((100 * part) / all)} %`
const toMegabytes = (bytes: number): number => Math.round(bytes / 1e6)
