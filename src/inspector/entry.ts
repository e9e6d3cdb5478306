import { route } from '../tiktok/route.ts'
import { readRules } from '../tiktok/rules.ts'
import type { Channel, Config, Converge, ConvergeEvent, State, Status, TrackResult } from '../types.ts'
import { adviceOn } from './advice.ts'
import { type Delivery, deliveriesOf } from './deliveries.ts'
import { type Diagnosis, diagnose } from './diagnose.ts'
import type { Finding } from './externals.ts'
import { type MatchKey, matchKeysOf } from './match-keys.ts'
import { sentence } from './sentences.ts'

/** Converge's word for what others fire is "External". */
export type Outcome = Status | 'external'

/** One line of the list, and all that is told when it is opened. */
export interface Entry {
  /** What it is about: the same, when there is news of it. */
  key: unknown
  time: number
  eventName: string
  eventID: string
  outcome: Outcome
  sentence: string
  advice: string
  /** TikTok's events. */
  names: string[]
  deliveries: Record<Channel, Delivery>
  diagnoses: Diagnosis[]
  matchKeys: MatchKey[]
  config: Config
  /** Of a tracked event. */
  tracked?: { result: TrackResult; event: ConvergeEvent }
  /** It comes from an earlier page of this tab. */
  isKept?: true
  /** Of somebody else's. */
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
  const deliveries = deliveriesOf(result, state, waysOf(event, config))
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

/** Those that the mapping sends an event, also one that is held and has not been mapped yet. */
function waysOf(event: ConvergeEvent, config: Config): Channel[] {
  const rows = route(event, readRules(config), config) ?? []
  return (['pixel', 'relay'] as const).filter((via) =>
    rows.some(({ forward }) => forward !== (via === 'pixel' ? 'server' : 'client')),
  )
}

export function externalEntry(finding: Finding, now: number, config: Config, former?: Entry): Entry {
  const { event, event_id, message } = finding
  return {
    // Two pixels of a page may find the same call.
    key: former?.key ?? {},
    time: former?.time ?? now,
    eventName: event,
    eventID: event_id,
    outcome: 'external',
    sentence: message,
    advice: "TikTok counts it beside converge's: take this pixel out there, or pause it.",
    names: [],
    deliveries: { pixel: 'handed', relay: 'none' },
    diagnoses: [],
    matchKeys: [],
    config,
    finding,
  }
}

/** Whether somebody should look at it. */
export function isToFix({ outcome, diagnoses }: Entry): boolean {
  return diagnoses.length > 0 || outcome === 'external' || outcome === 'failure'
}

/** Several of TikTok's events mostly have the same fault. */
function merge(diagnoses: readonly Diagnosis[]): Diagnosis[] {
  const merged = new Map<string, Diagnosis>()
  for (const one of diagnoses) {
    const key = one.code + one.fix
    const former = merged.get(key)
    merged.set(key, former ? { ...former, event: `${former.event}, ${one.event}` } : one)
  }
  return [...merged.values()]
}
