import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { startExampleServer } from './example-server.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pageBatch, pixelId, postPage, webhookToken } from './node-requests.ts'

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

test('examples/node-server accepts an event and exits cleanly', async () => {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  const folder = createFolder()
  await build({
    entryPoints: [path('examples/node-server/server.js')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: { 'converge-tiktok/node': path('src/node/index.ts') },
    outfile: join(folder, 'server.mjs'),
  })
  const config = JSON.parse(readFileSync(path('examples/node-server/converge.json'), 'utf8'))
  writeFileSync(join(folder, 'converge.json'), JSON.stringify({ ...config, eventsApiUrl: tiktok.url }))
  const { url, stop } = await startExampleServer(folder, 'server.mjs', {
    TIKTOK_ACCESS_TOKEN: accessToken,
    CONVERGE_WEBHOOK_TOKEN: webhookToken,
  })
  // The visitor's own address, from the header of the proxy.
  expect((await postPage(url, pageBatch(['1']), { 'x-forwarded-for': '203.0.113.7' })).status).toBe(202)
  expect(await tiktok.waitForAccepted(1)).toMatchObject([{ event_id: '1', user: { ip: '203.0.113.7' } }])
  expect(await stop()).toBe(0)
})
