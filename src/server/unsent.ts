import { readText } from '../core/read.ts'
import type { LogPart, UnsentEvent } from '../store/event-log.ts'
import type { SkipReason } from '../store/skip-reasons.ts'
import type { Intake } from './intake.ts'
import type { OutboxEvent } from './outbox.ts'
import type { Problem } from './parse.ts'
import { redact } from './redact.ts'
import { faultOf } from './sound-text.ts'

const MAX_NAME = 100
const MAX_ID = 200

/** A skipped event has a code, which the operator's page explains. */
export type ReasonOf<Given extends UnsentEvent['status']> = Given extends 'skipped' ? SkipReason : string

/** An event that is not sent, for the event log. Names and reasons are redacted, because they may be any text. */
export function unsentEvent<Given extends UnsentEvent['status']>(
  status: Given,
  reason: ReasonOf<Given>,
  { eventName, event_id, event = '' }: { eventName: string; event_id: string; event?: string },
): UnsentEvent {
  return {
    status,
    reason: redact(reason),
    eventName: nameOf(eventName),
    event: nameOf(event),
    event_id: idOf(event_id),
  }
}

/** TikTok events that arrived too late. */
export function lateEvents(eventName: string, late: readonly OutboxEvent[]): UnsentEvent[] {
  return late.map(({ data: { event, event_id } }) => unsentEvent('skipped', 'too_late', { eventName, event, event_id }))
}

/** The log of a request whose events are all skipped. */
export function allSkipped({ log, taken }: Pick<Intake, 'log' | 'taken'>, reason: SkipReason): LogPart {
  const skipped = taken.map(({ eventName, event: { data } }) =>
    unsentEvent('skipped', reason, { eventName, event: data.event, event_id: data.event_id }),
  )
  return { ...log, eventNames: [], unsent: [...log.unsent, ...skipped] }
}

/** An event that could not be read. `given` may be anything. */
export function unreadable(given: object, { path, message }: Problem): UnsentEvent {
  const text = (...keys: string[]) => keys.map((key) => readText(Reflect.get(given, key))).find(Boolean) ?? ''
  const names = { eventName: text('eventName', 'event_name'), event_id: text('eventID', 'event_id') }
  return unsentEvent('failure', `${path} ${message}`.trim(), names)
}

const nameOf = (name: string): string => redact(name).slice(0, MAX_NAME)
const idOf = (id: string): string => (faultOf(id) ? '' : id.slice(0, MAX_ID))
