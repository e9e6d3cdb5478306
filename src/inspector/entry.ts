import { route } from '../tiktok/route.ts'
import { readRules } from '../tiktok/rules.ts'
import type { Channel, Config, Converge, ConvergeEvent, State, Status, TrackResult } from '../types.ts'
import { adviceOn } from './advice.ts'
import { type Delivery, deliveriesOf } from './deliveries.ts'
import { type Diagnosis, diagnose } from './diagnose.ts'
import type { Finding } from './externals.ts'
import { type MatchKey, matchKeysOf } from './match-keys.ts'
import { sentence } from './sentences.ts'

/** Converge calls events of other scripts "External". */
export type Outcome = Status | 'external'

/** One row of the list, and everything that it shows when it is opened. */
export interface Entry {
  /** Identifies the row: the same object when there is news about it. */
  key: unknown
  time: number
  eventName: string
  eventID: string
  outcome: Outcome
  sentence: string
  advice: string
  /** The TikTok events. */
  names: string[]
  deliveries: Record<Channel, Delivery>
  diagnoses: Diagnosis[]
  matchKeys: MatchKey[]
  config: Config
  /** For a tracked event. */
  tracked?: { result: TrackResult; event: ConvergeEvent }
  /** True if it comes from an earlier page of this tab. */
  isKept?: true
  /** For another script's event. */
  finding?: Finding
}

export function trackedEntry(
  result: TrackResult,
  event: ConvergeEvent,
  now: number,
  config: Config,
  state: State,
  converge: Pick<Converge, 'context'>,
): Entry {
  const { eventName, eventID, status, destinationEvents } = result
  const deliveries = deliveriesOf(result, state, channelsOf(event, config))
  return {
    key: event,
    time: result.time ?? now,
    eventName,
    eventID,
    outcome: status,
    sentence: sentence(result, deliveries.pixel),
    advice: adviceOn(result, config, state),
    names: destinationEvents.map((one) => one.event),
    deliveries,
    diagnoses: merge(diagnose(result, event, config.mapping)),
    matchKeys: matchKeysOf(result, event, converge.context()),
    config,
    tracked: { result, event },
  }
}

/** The channels that the mapping uses for an event, also for one that is held and not mapped yet. */
function channelsOf(event: ConvergeEvent, config: Config): Channel[] {
  const rows = route(event, readRules(config), config) ?? []
  return (['pixel', 'relay'] as const).filter((via) =>
    rows.some(({ forward }) => forward !== (via === 'pixel' ? 'server' : 'client')),
  )
}

export function externalEntry(finding: Finding, now: number, config: Config, former?: Entry): Entry {
  const { event, event_id, message } = finding
  return {
    // Two pixels of one page may find the same call.
    key: former?.key ?? {},
    time: former?.time ?? now,
    eventName: event,
    eventID: event_id,
    outcome: 'external',
    sentence: message,
    advice: "TikTok counts it in addition to converge's events. Remove this pixel there, or pause it.",
    names: [],
    deliveries: { pixel: 'handed', relay: 'none' },
    diagnoses: [],
    matchKeys: [],
    config,
    finding,
  }
}

/** True if somebody should look at it. */
export function isToFix({ outcome, diagnoses }: Entry): boolean {
  return diagnoses.length > 0 || outcome === 'external' || outcome === 'failure'
}

/** Several TikTok events of one call mostly have the same fault. */
function merge(diagnoses: readonly Diagnosis[]): Diagnosis[] {
  const merged = new Map<string, Diagnosis>()
  for (const one of diagnoses) {
    const key = one.code + one.fix
    const former = merged.get(key)
    merged.set(key, former ? { ...former, event: `${former.event}, ${one.event}` } : one)
  }
  return [...merged.values()]
}
