import type { OutboxEvent } from '../server/outbox.ts'

/** What becomes of an event when it is brought. */
export type Fate =
  | 'kept' // it waits to be sent
  | 'merged' // it is sent together with its twin, as one event
  | 'conflict' // its twin contradicts it. The signed source's is sent by itself, the page's is not sent
  | 'already_sent' // the same event and event_id was brought before. It is not sent again
  | 'late_twin' // of a page: the signed source's has left, or is leaving. It is not sent
  | 'left_to_source' // of a page: the signed source brought the order without this row. It is not sent

/** Whether it leaves, by itself or as a part of its twin's. */
export function isSent(fate: Fate, { source }: Pick<OutboxEvent, 'source'>): boolean {
  return fate === 'kept' || fate === 'merged' || (fate === 'conflict' && source === 'signed')
}
