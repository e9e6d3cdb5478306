import { type AddResult, isSent } from '../store/add-result.ts'
import type { Intake, ServerStatus, Statuses, Taken } from './intake.ts'

/** Messages to the sender about events that are not sent. Pages are not trusted, so a message must not reveal more. */
const messages = {
  kept: undefined,
  merged: undefined,
  for_others: undefined,
  // No message: somebody who guesses an order's email address would learn whether the guess is right.
  conflict: undefined,
  already_sent: (event: string) =>
    `already_sent: ${event} was received before with this event_id, and is not sent again`,
  late_twin: (event: string) => `already_sent: ${event} was received before with this event_id, and is not sent again`,
  left_to_source: (event: string) =>
    `left_to_source: the shop's server sent this order without ${event}, so it is not sent`,
  undecided: () =>
    "undecided: the visitor's decision is not known yet. The event is sent if a grant arrives in time, from the page or the visitor's profile",
  no_consent: () => 'no_consent: the visitor denied consent, or did not grant it, so it is not sent',
} as const satisfies Record<AddResult, ((event: string) => string) | undefined>

/** Status by result. An event with several rows gets the first status in this list that one of its rows has. */
const statusOf = [
  ['merged', 'merged'],
  ['conflict', 'conflict'],
  ['kept', 'success'],
  ['undecided', 'no_consent'],
  ['no_consent', 'no_consent'],
] as const satisfies readonly (readonly [AddResult, ServerStatus])[]

/**
 * Adds the store's decision on each event to the answer. Returns the accepted events: those that are sent, or whose order is
 * sent as another copy.
 */
export function reportResults({ taken, problems, statuses }: Intake, results: readonly AddResult[]): Taken[] {
  if (statuses) correctStatuses(statuses, taken, results)
  return taken.filter(({ path, event }, index) => {
    const result = results[index] ?? 'kept'
    const message = messages[result]?.(event.data.event)
    if (message) problems.push({ path, message })
    return isSent(result, event) || result === 'conflict' || result === 'undecided'
  })
}

/** Before this, each accepted event counts as a success. */
function correctStatuses(statuses: Statuses, taken: readonly Taken[], results: readonly AddResult[]): void {
  const resultsOf = new Map<string, Set<AddResult>>()
  for (const [index, { path, isInDoubt }] of taken.entries())
    if (!isInDoubt) resultsOf.set(path, (resultsOf.get(path) ?? new Set()).add(results[index] ?? 'kept'))
  for (const ofEvent of resultsOf.values()) {
    const [, status = 'skipped'] = statusOf.find(([result]) => ofEvent.has(result)) ?? []
    if (status === 'success') continue
    const successes = (statuses.success ?? 0) - 1
    if (successes > 0) statuses.success = successes
    else delete statuses.success
    statuses[status] = (statuses[status] ?? 0) + 1
  }
}
