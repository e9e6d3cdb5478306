import type { Intake, Taken } from './intake.ts'
import type { OutboxEvent } from './outbox.ts'

/**
 * Answers as skipped what the outbox did not take, because it had the same event before. Gives back what it took.
 * An event of which some TikTok events were taken stays a success.
 */
export function skipRepeated({ taken, problems, statuses }: Intake, notTaken: readonly OutboxEvent[]): Taken[] {
  const isRepeated = new Set(notTaken)
  const kept = taken.filter(({ event }) => !isRepeated.has(event))
  const keptPaths = new Set(kept.map(({ path }) => path))
  const skippedPaths = new Set<string>()
  for (const { path, event } of taken) {
    if (!isRepeated.has(event)) continue
    if (!keptPaths.has(path)) skippedPaths.add(path)
    const message = `already_sent: ${event.data.event} was brought before with this event_id, and is not sent again`
    problems.push({ path, message })
  }
  if (statuses && skippedPaths.size) {
    const success = (statuses.success ?? 0) - skippedPaths.size
    if (success > 0) statuses.success = success
    else delete statuses.success
    statuses.skipped = (statuses.skipped ?? 0) + skippedPaths.size
  }
  return kept
}
