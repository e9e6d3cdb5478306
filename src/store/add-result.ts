import type { OutboxEvent } from '../server/outbox.ts'

/** What happens to an event when it arrives. */
export type AddResult =
  | 'kept' // It waits to be sent.
  | 'merged' // It and the order's other copy are sent as one event.
  | 'conflict' // The order's other copy contradicts it. Only the signed source's copy is sent.
  | 'already_sent' // The same event and event_id arrived before. It is not sent again.
  | 'late_twin' // The page's copy of an order that arrived after the signed source's copy was sent. It is not sent.
  | 'for_others' // A row that is only sent for other customers: for new ones, or for returning ones. It is not sent.
  | 'left_to_source' // A page's copy has a row that the signed source's order does not have. It is not sent.
  | 'undecided' // It waits for the visitor's decision, from its other copy or the profile. It is not sent without one.
  | 'no_consent' // The visitor denied consent, or did not grant it where that is required. It is not sent.

/** True if the event is sent, by itself or merged with its other copy. */
export function isSent(result: AddResult, { source }: Pick<OutboxEvent, 'source'>): boolean {
  return result === 'kept' || result === 'merged' || (result === 'conflict' && source === 'signed')
}

/**
 * Returns the result of each row of an order. `admitted` has `undefined` for rows that consent forbade on arrival. `decided` has
 * the results of the others, in the same order. `byConsent` has the results that consent delays or forbids, by TikTok's event name.
 */
export function resultsOf(
  admitted: readonly ({ event: OutboxEvent } | undefined)[],
  decided: readonly AddResult[],
  byConsent: ReadonlyMap<string, AddResult>,
): AddResult[] {
  const results = decided.values()
  return admitted.map((one): AddResult => {
    if (!one) return 'no_consent'
    const result = results.next().value ?? 'already_sent'
    return (isSent(result, one.event) && byConsent.get(one.event.data.event)) || result
  })
}
