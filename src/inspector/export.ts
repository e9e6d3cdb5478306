import type { Entry } from './entry.ts'
import type { Log } from './log.ts'
import { redactDeep } from './redact.ts'

/** Everything that the list shows, as JSON without personal data. */
export function toJson(entries: readonly Entry[], logs: ReadonlySet<Log>, page: string): string {
  const events = entries.map(({ key, time, config, matchKeys, ...entry }) => ({
    ...entry,
    time: new Date(time).toISOString(),
    pixelId: config.pixelId,
    matchKeys: matchKeys.flatMap(({ key, isThere }) => (isThere ? key : [])),
  }))
  const pixels = Array.from(logs, (log) => ({ pixelId: log.config.pixelId, ...log.state() }))
  return JSON.stringify(redactDeep({ page, pixels, events }), null, 2)
}
