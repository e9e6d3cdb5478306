import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serve } from '../../src/node/serve.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { logTo } from './log-to.ts'
import { startCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import {
  accessToken,
  adminToken,
  pageBatch,
  pixelId,
  postOrder,
  postPage,
  readHealth,
  shop,
  webhookToken,
} from './node-requests.ts'

const secrets = {
  TIKTOK_ACCESS_TOKEN: accessToken,
  CONVERGE_WEBHOOK_TOKEN: webhookToken,
  CONVERGE_ADMIN_TOKEN: adminToken,
}

test('SIGHUP reads the config again, and refuses an invalid one with the reason', async () => {
  const folder = createFolder()
  const config = writeConfig(folder)
  const child = startCli(
    ['serve', '--config', config, '--port', '0', '--outbox', join(folder, 'outbox.db'), '--log', 'json'],
    secrets,
  )
  let errors = ''
  child.process.stderr?.on('data', (text) => (errors += text))
  const [, url = ''] = await child.said(/listening on (http:[^"]+)"/)
  expect((await postPage(url, pageBatch(['1']))).status).toBe(202)

  writeConfig(folder, { paused: true })
  child.process.kill('SIGHUP')
  await child.said(/"The config was read again"/)
  const paused = await (await postPage(url, pageBatch(['2']))).json()
  expect(paused).toMatchObject({ accepted: 0, statuses: { skipped: 1 } })

  writeFileSync(config, JSON.stringify({ pixelId, allowedOrigins: [shop], pausd: true }))
  child.process.kill('SIGHUP')
  await expect.poll(() => errors).toMatch(/"The new config is invalid, .*has no option pausd\. Did you mean paused\?/)
  expect(await (await postPage(url, pageBatch(['3']))).json()).toMatchObject({ accepted: 0 })
  expect(await readHealth(url)).toMatchObject({ paused: 'config' })

  writeConfig(folder, { paused: false })
  child.process.kill('SIGHUP')
  await child.said(/read again[\s\S]*read again/)
  expect(await (await postPage(url, pageBatch(['4']))).json()).toMatchObject({ accepted: 1 })
  child.process.kill('SIGTERM')
  expect((await child.ended).code).toBe(0)
})

test('SIGHUP also reads changed secrets in .env, and the switches of sources', async () => {
  const folder = createFolder()
  const write = (erpToken: string, isTillOn: boolean) => {
    const till = { tokenFrom: 'TILL_TOKEN', enabled: isTillOn }
    writeConfig(folder, { sources: { erp: { tokenFrom: 'ERP_TOKEN' }, till } })
    writeFileSync(join(folder, '.env'), `ERP_TOKEN=${erpToken}\nTILL_TOKEN=token-of-till\n`)
  }
  write('old-token', false)
  const child = startCli(['serve', '--port', '0', '--log', 'json'], secrets, folder)
  const [, url = ''] = await child.said(/listening on (http:[^"]+)"/)
  const post = async (source: string, token: string, id: string) => {
    const body = JSON.stringify({ event_name: 'Placed Order', event_id: id, properties: { id } })
    const headers = { 'x-webhook-token': token, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/webhook/${source}`, { method: 'POST', headers, body })
    return [answer.status, (await answer.json()).statuses]
  }
  expect(await post('erp', 'old-token', '1')).toEqual([202, { success: 1 }])
  expect(await post('till', 'token-of-till', '2')).toEqual([202, { skipped: 1 }])

  write('new-token', true)
  child.process.kill('SIGHUP')
  await child.said(/"The config was read again"/)
  expect(await post('erp', 'old-token', '3')).toEqual([401, undefined])
  expect(await post('erp', 'new-token', '4')).toEqual([202, { success: 1 }])
  expect(await post('till', 'token-of-till', '5')).toEqual([202, { success: 1 }])
})

test('events that wait while the config is read again are sent with the new one', async () => {
  const [former, other] = [
    await createEventsApiHost({ accessToken, pixelId }),
    await createEventsApiHost({ accessToken, pixelId }),
  ]
  onTestFinished(() => Promise.all([former.close(), other.close()]).then(() => {}))
  former.faults.always = { status: 503 }
  const config = { pixelId, accessToken, webhookToken, allowedOrigins: [shop], eventsApiUrl: former.url }
  const outbox = { path: join(createFolder(), 'outbox.db'), retryAfter: { first: 50, longest: 50 } }
  const server = await serve({ ...config, port: 0, outbox, logger: logTo([]) })
  onTestFinished(() => server.close())
  expect((await postOrder(server.url, '1001', Date.now())).status).toBe(202)
  await expect.poll(() => former.requests.length).toBeGreaterThan(0)

  server.reload({ ...config, eventsApiUrl: other.url })
  await expect.poll(() => other.accepted.map(({ event_id }) => event_id)).toEqual(['1001'])
})

test('refuses a config for another pixel or an invalid one, and changes nothing', async () => {
  const config = { pixelId, accessToken, webhookToken, allowedOrigins: [shop] }
  const server = await serve({ ...config, port: 0, outbox: join(createFolder(), 'outbox.db'), logger: logTo([]) })
  onTestFinished(() => server.close())
  expect(() => server.reload({ ...config, pixelId: 'D'.repeat(20) })).toThrow(
    /pixelId is D+, but the running server uses the database of /,
  )
  expect(() => server.reload({ ...config, consent: Object('required') })).toThrow(/consent/)
  expect((await postPage(server.url, pageBatch(['1']))).status).toBe(202)
})
