// What a store in PostgreSQL lacks is said or refused, and never ignored.
import { describe, expect, test } from 'vitest'
import { createForwarder } from '../../src/server/forwarder.ts'
import type { ForwarderConfig } from '../../src/server/forwarder-config.ts'
import { logTo } from '../server/log-to.ts'
import { accessToken, pixelId, shop, webhookToken } from '../server/node-requests.ts'
import { playTikTok } from '../server/node-server.ts'
import { hasPostgres, newSchema, openStore, serverUrl } from './postgres-kit.ts'
import { runSql } from './run-sql.ts'

const url = `${serverUrl}/postgres`

async function start(config: Partial<ForwarderConfig>) {
  const tiktok = await playTikTok()
  const schema = newSchema()
  const log: string[] = []
  const common = { pixelId, accessToken, webhookToken, allowedOrigins: [shop], eventsApiUrl: tiktok.url }
  const forwarder = createForwarder({ ...common, store: openStore(url, { schema }), ...config }, { log: logTo(log) })
  const post = async (profile: Record<string, string>) => {
    const event = { event_name: 'Cancelled Subscription', event_id: JSON.stringify(profile), aliases: ['urn:cart:1'] }
    const answer = await forwarder.fetch(
      new Request(`${shop}/webhook`, {
        method: 'POST',
        headers: { 'x-webhook-token': webhookToken, 'content-type': 'application/json' },
        body: JSON.stringify({ ...event, profile_properties: profile }),
      }),
    )
    return answer.json()
  }
  return { tiktok, schema, log, post }
}

describe.runIf(hasPostgres)('a forwarder with a store in PostgreSQL', () => {
  test('says when it starts that there are no profiles', async () => {
    const { log } = await start({})
    expect(log.join('\n')).toContain('This database keeps no profiles')
    const quiet = await start({ profiles: false })
    expect(quiet.log.join('\n')).not.toContain('This database keeps')
  })

  test('refuses a config that asks for profiles', async () => {
    await expect(start({ profiles: { days: 30 } })).rejects.toThrow(/is set, but this database keeps no/)
  })

  test('never sends an event that needs consent and has no decision, and keeps no names of the visitor', async () => {
    const { tiktok, schema, post } = await start({ consent: 'require' })
    tiktok.faults.always = { status: 503 }
    expect(await post({ $email: 'jane@example.com' })).toMatchObject({ accepted: 0, statuses: { no_consent: 1 } })
    expect(await post({ $email: 'jane@example.com', $consent: 'granted' })).toMatchObject({ statuses: { success: 1 } })
    const rows = await runSql(url, `SELECT body FROM ${schema}.waiting`)
    expect(rows).toHaveLength(1)
    const { data, ...rest } = JSON.parse(String(rows[0]?.body))
    expect(data.event).toBe('CancelSubscription')
    expect(Object.keys(rest).sort()).toEqual(['expires', 'order', 'source'])
  })
})
