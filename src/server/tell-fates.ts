import { type Fate, isSent } from '../store/fate.ts'
import type { Intake, ServerStatus, Taken } from './intake.ts'

/** What the sender is told of an event that is not sent. Of a page's that was kept back, an answer must not say more. */
const messages = {
  kept: undefined,
  merged: undefined,
  // A page is not told: whoever guesses an order's e-mail address would learn whether it is right.
  conflict: undefined,
  already_sent: (event: string) =>
    `already_sent: ${event} was brought before with this event_id, and is not sent again`,
  late_twin: (event: string) => `already_sent: ${event} was brought before with this event_id, and is not sent again`,
  left_to_source: (event: string) =>
    `left_to_source: the shop's server brought this order without ${event}, so it is not sent`,
} as const satisfies Record<Fate, ((event: string) => string) | undefined>

/** Of an event with several rows, the first that one of its rows has. */
const statusOf = [
  ['merged', 'merged'],
  ['conflict', 'conflict'],
  ['kept', 'success'],
] as const satisfies readonly (readonly [Fate, ServerStatus])[]

/**
 * Writes into a request's answer what the store made of each event, and gives back those that were accepted: they leave, or
 * another copy of the same order leaves in their place.
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
