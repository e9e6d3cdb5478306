import { type Fate, isSent } from '../store/fate.ts'
import type { Intake, ServerStatus, Taken } from './intake.ts'

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
} as const satisfies Record<Fate, ((event: string) => string) | undefined>

/** Status by fate. An event with several rows gets the first status in this list that one of its rows has. */
const statusOf = [
  ['merged', 'merged'],
  ['conflict', 'conflict'],
  ['kept', 'success'],
] as const satisfies readonly (readonly [Fate, ServerStatus])[]

/**
 * Adds the store's decision on each event to the answer, and returns the accepted events: those that are sent, or whose order
 * is sent as another copy.
 */
export function tellFates({ taken, problems, statuses }: Intake, fates: readonly Fate[]): Taken[] {
  const fatesOf = new Map<string, Set<Fate>>()
  const accepted: Taken[] = []
  for (const [index, one] of taken.entries()) {
    const { path, event } = one
    const fate = fates[index] ?? 'kept'
    if (!one.isInDoubt) fatesOf.set(path, (fatesOf.get(path) ?? new Set()).add(fate))
    if (isSent(fate, event) || fate === 'conflict') accepted.push(one)
    const message = messages[fate]?.(event.data.event)
    if (message) problems.push({ path, message })
  }
  if (statuses) {
    for (const ofEvent of fatesOf.values()) {
      const [, status = 'skipped'] = statusOf.find(([fate]) => ofEvent.has(fate)) ?? []
      if (status === 'success') continue
      const successes = (statuses.success ?? 0) - 1
      if (successes > 0) statuses.success = successes
      else delete statuses.success
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  return accepted
}
