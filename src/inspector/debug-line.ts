import type { Channel, State, TrackResult } from '../types.ts'
import { type Delivery, deliveriesOf } from './deliveries.ts'
import type { Diagnosis } from './diagnose.ts'
import { redact } from './redact.ts'
import { sentence } from './sentences.ts'

/** The name of a channel that has the event, or will have it. */
const channelWords: Partial<Record<Delivery, (channel: Channel) => string>> = {
  handed: (channel) => channel,
  waiting: (channel) => `${channel} waiting`,
  kept: (channel) => `${channel} waiting`,
}

/** One line about an event: its names, its status and the reason. It contains no personal data. */
export function debugLine(result: TrackResult, state: Pick<State, 'pixel' | 'relay'>): string {
  const { status, reason, eventName, eventID, destinationEvents } = result
  const names = destinationEvents.map(({ event }) => event).join(', ')
  const { value, currency = '' } = destinationEvents[0]?.parameters ?? {}
  const deliveries = deliveriesOf(result, state, [])
  const isWaiting = deliveries.pixel === 'waiting'
  const channels = (['pixel', 'relay'] as const).flatMap((one) => channelWords[deliveries[one]]?.(one) ?? [])
  return [
    `${redact(eventName) || '(no name)'} → ${redact(names) || 'nothing'}`,
    (reason ? `${status}: ${reason}` : status) + (status === 'success' && isWaiting ? ', pixel waiting' : ''),
    `event_id ${redact(eventID)}`,
    value === undefined ? '' : redact(`${value} ${currency}`),
    channels.join(' and '),
    reason || isWaiting ? sentence(result, deliveries.pixel) : '',
  ]
    .filter(Boolean)
    .join(' · ')
}

/** One line about a fault of an event. */
export function warningLine({ code, event, message, fix }: Diagnosis): string {
  return `${redact(event) || '(no name)'} · ${code} · ${message} ${fix}`
}
