import { MAX_BYTES_PER_CALL, MAX_EVENTS_PER_CALL } from '../limits.ts'
import type { OutboxEvent } from './delivery.ts'

/** An event and its JSON in a call's body. */
export interface Parcel {
  event: OutboxEvent
  json: string
}

/** Splits events into calls of TikTok's size limits. A test event has its own call, because the test code belongs to the call. */
export function toBatches(events: readonly OutboxEvent[]): Parcel[][] {
  const batches: Parcel[][] = []
  let open: Parcel[] | undefined
  let bytes = 0
  for (const event of events) {
    const parcel = { event, json: event.json ?? JSON.stringify(event.data) }
    if (event.test_event_code) {
      batches.push([parcel])
      continue
    }
    const size = bytesOf(parcel.json) + 1
    if (!open || open.length === MAX_EVENTS_PER_CALL || bytes + size > MAX_BYTES_PER_CALL) {
      open = []
      bytes = 0
      batches.push(open)
    }
    open.push(parcel)
    bytes += size
  }
  return batches
}

/** The body of a call. */
export function toBody(pixelId: string, batch: readonly Parcel[]): string {
  const envelope = {
    event_source: 'web',
    event_source_id: pixelId,
    test_event_code: batch[0]?.event.test_event_code,
  }
  const data = batch.map(({ json }) => json).join(',')
  return `${JSON.stringify(envelope).slice(0, -1)},"data":[${data}]}`
}

const encoder = new TextEncoder()
const beyondAscii = /[\u0080-\uffff]/

/** As UTF-8. Most events are ASCII, and need no copy to be counted. */
function bytesOf(text: string): number {
  return beyondAscii.test(text) ? encoder.encode(text).length : text.length
}
