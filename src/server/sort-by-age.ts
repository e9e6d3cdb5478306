import type { OutboxEvent } from '../tiktok/events-api/delivery.ts'

const HOUR = 3600

export interface Sorted {
  inTime: OutboxEvent[]
  /** Events that TikTok could count a second time. */
  late: OutboxEvent[]
  /** A message about `late` for the sender. Empty if no event is late. */
  message: string
}

/** Separates events that may still be sent from late ones. `receivedAt` is in milliseconds since 1970. */
export function sortByAge(events: OutboxEvent[], receivedAt: number): Sorted {
  const seconds = receivedAt / 1000
  // This is almost always true, and takes a quarter of the time of the rest.
  if (events.every(({ expires }) => expires > seconds)) return { inTime: events, late: [], message: '' }
  const inTime = events.filter(({ expires }) => expires > seconds)
  const late = events.filter((event) => !inTime.includes(event))
  const [first] = late
  const message = first
    ? `too_late: ${late.map(({ data }) => data.event).join(', ')} happened ${ageOf(first, receivedAt)} hours ago. It may be sent for ${lifetimeOf(first)} hours, because TikTok could count a later copy a second time`
    : ''
  return { inTime, late, message }
}

/** The age of an event in whole hours. */
export function ageOf({ data }: OutboxEvent, receivedAt: number): number {
  return Math.floor((receivedAt / 1000 - data.event_time) / HOUR)
}

const lifetimeOf = ({ data, expires }: OutboxEvent): number => Math.round((expires - data.event_time) / HOUR)
