// A forwarder with a store in PostgreSQL keeps what one with a file keeps.
import { describe, expect, test } from 'vitest'
import { createForwarder } from '../../src/server/forwarder.ts'
import { logTo } from '../server/log-to.ts'
import { accessToken, pixelId, shop, webhookToken } from '../server/node-requests.ts'
import { playTikTok } from '../server/node-server.ts'
import { hasPostgres, newSchema, openStore, serverUrl } from './postgres-kit.ts'

const url = `${serverUrl}/postgres`

describe.runIf(hasPostgres)('a forwarder with a store in PostgreSQL', () => {
  test('keeps profiles, an event log and the history of customers, and says nothing when it starts', async () => {
    const tiktok = await playTikTok()
    const store = openStore(url, { schema: newSchema() })
    const log: string[] = []
    const common = { pixelId, accessToken, webhookToken, allowedOrigins: [shop], eventsApiUrl: tiktok.url }
    const options = { profiles: { days: 30 }, log: { days: 30 }, consent: 'require' } as const
    createForwarder({ ...common, ...options, store }, { log: logTo(log) })
    expect(store).toMatchObject({ keepsProfiles: true, keepsHistory: true, log: expect.anything() })
    expect(log.join('\n')).toBe('')
  })
})
