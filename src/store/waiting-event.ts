import type { OutboxEvent, TikTokAnswer } from '../server/outbox.ts'
import type { ArrivalTimes } from './decide-order.ts'

/** The most events and characters of JSON in a batch. They limit its memory, because single events may be large. */
export const MAX_BATCH = 1000
export const MAX_BATCH_TEXT = 4_000_000

export const TOO_LATE = 'It waited longer than TikTok remembers its event_id, so TikTok could have counted it twice.'

/** An event, with the JSON that is stored for it. */
export interface KeptEvent {
  event: OutboxEvent
  body: string
  /** Converge's name, for the event log. */
  eventName?: string | undefined
  /** Its line in the log, if it has one already. */
  line?: number | undefined
}

/** A row. If an event is erased, its id may be reused, so both fields are compared. */
export interface RowKey {
  id: number
  event_id: string
}

export interface WaitingEvent extends RowKey {
  attempts: number
  event: OutboxEvent
  /** Its line in the log, if it has one. */
  line?: number
}

/** The outcome of a delivered event, by its row. `due` is in milliseconds since 1970. */
export type Settled = RowKey & { line?: number | undefined; answer?: TikTokAnswer | undefined } & (
    | { outcome: 'done' }
    | { outcome: 'dead'; problem: string }
    | { outcome: 'putOff'; due: number }
  )

/** True for orders. Test events may be repeated. */
export function isCountedOnce({ order, test_event_code }: OutboxEvent): boolean {
  return order && !test_event_code
}

/** The side that sent the event, with its test code. Events that differ in it may wait side by side. */
export function originOf({ source, test_event_code = '' }: OutboxEvent): string {
  return `${source === 'signed' ? 'signed' : 'page'} ${test_event_code}`.trimEnd()
}

/** Names in the order memory, and the side whose copy is forgotten there, if the event becomes a dead letter. */
export function toRelease({
  data,
  source,
  merged,
  orderName,
}: OutboxEvent): { name: string; by: keyof ArrivalTimes }[] {
  const released: { name: string; by: keyof ArrivalTimes }[] = []
  if (source !== 'signed' || merged) released.push({ name: data.event, by: 'page' })
  if (source !== 'signed') return released
  released.push({ name: data.event, by: 'signed' })
  if (orderName) released.push({ name: orderName, by: 'signed' })
  return released
}
