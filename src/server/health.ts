import type { EventsApi } from '../tiktok/events-api/client.ts'
import type { MatchKeys } from './match-keys.ts'
import type { Outbox } from './outbox.ts'
import { type Answer, respond } from './respond.ts'

export interface HealthOptions {
  api: EventsApi
  outbox: Outbox | undefined
  matchKeys: MatchKeys
}

/** Answers how things stand. */
export function createHealth({ api, outbox, matchKeys }: HealthOptions): () => Promise<Answer> {
  return async () => {
    const own = api.stats()
    const stats = { waiting: 0, oldest: undefined, ...own, ...(await outbox?.stats?.()) }
    const stopped = stats.stopped ?? own.stopped
    const { waiting, sent, dead, oldest } = stats
    const body = { status: stopped ? 'stopped' : 'ok', stopped, waiting, sent, failed: dead, oldest }
    return respond(stopped ? 503 : 200, { ...body, match_keys: matchKeys.shares() })
  }
}
