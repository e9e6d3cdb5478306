// What a store in PostgreSQL lacks is said or refused, and never ignored.
import { describe, expect, test } from 'vitest'
import { createForwarder } from '../../src/server/forwarder.ts'
import type { ForwarderConfig } from '../../src/server/forwarder-config.ts'
import { logTo } from '../server/log-to.ts'
import { accessToken, pixelId, shop, webhookToken } from '../server/node-requests.ts'
import { playTikTok } from '../server/node-server.ts'
import { hasPostgres, newSchema, openStore, serverUrl } from './postgres-kit.ts'

const url = `${serverUrl}/postgres`

async function start(config: Partial<ForwarderConfig>) {
  const tiktok = await playTikTok()
  const schema = newSchema()
  const log: string[] = []
  const common = { pixelId, accessToken, webhookToken, allowedOrigins: [shop], eventsApiUrl: tiktok.url }
  createForwarder({ ...common, store: openStore(url, { schema }), ...config }, { log: logTo(log) })
  return { log }
}

describe.runIf(hasPostgres)('a forwarder with a store in PostgreSQL', () => {
  test('says when it starts that there is no event log', async () => {
    const { log } = await start({})
    expect(log.join('\n')).toContain('This database keeps no event log')
    const quiet = await start({ log: false })
    expect(quiet.log.join('\n')).not.toContain('This database keeps')
  })

  test('refuses a config that asks for an event log', async () => {
    await expect(start({ log: { days: 30 } })).rejects.toThrow(/is set, but this database keeps no/)
  })
})
