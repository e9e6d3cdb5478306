import type { TrackResult } from '../types.ts'
import type { Diagnosis } from './diagnose.ts'
import { redact } from './redact.ts'
import { sentence } from './sentences.ts'

/** One line on an event: what came in, what became of it, and why. Nothing in it tells who the visitor is. */
export function debugLine(result: TrackResult): string {
  const { status, reason, eventName, eventID, destinationEvents } = result
  const names = destinationEvents.map(({ event }) => event).join(', ')
  const { value, currency = '' } = destinationEvents[0]?.parameters ?? {}
  const ways = new Set(destinationEvents.flatMap(({ via }) => via))
  return [
    `${redact(eventName) || '(no name)'} → ${redact(names) || 'nothing'}`,
    reason ? `${status}: ${reason}` : status,
    `event_id ${redact(eventID)}`,
    value === undefined ? '' : redact(`${value} ${currency}`),
    [...ways].join(' and '),
    reason ? sentence(result) : '',
  ]
    .filter(Boolean)
    .join(' · ')
}

/** One line on what is wrong with it. */
export function warningLine({ code, event, message, fix }: Diagnosis): string {
  return `${redact(event) || '(no name)'} · ${code} · ${message} ${fix}`
}
