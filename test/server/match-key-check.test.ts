import { createServer, type RequestListener } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { checkMatchKeys } from '../../src/node/match-key-check.ts'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import { adminToken, pixelId, shop } from './node-requests.ts'
import { pageCopy, startStore } from './start-store.ts'

const configOf = (more: Partial<ForwarderConfig> = {}): ForwarderConfig => ({
  ...{ pixelId, accessToken: 'token', allowedOrigins: [shop], adminToken },
  ...more,
})

const textOf = async (relay: string, more: Partial<ForwarderConfig>) =>
  (await checkMatchKeys(new URL(relay), configOf(more))).map(({ text }) => text).join()

test('the report shows the match keys of a running forwarder’s events, and of its orders', async () => {
  const { url, tiktok } = await startStore({ isSigned: false })
  const relay = `${url}/converge/`
  expect(await textOf(relay, { relay: url })).toBe(
    'The forwarder has sent no event since it started, so its match keys are not known.',
  )
  const body = JSON.stringify(pageCopy({}, { ttclid: 'E.C.P.1' }))
  const answer = await fetch(`${url}/events`, {
    method: 'POST',
    body,
    headers: { origin: shop, 'content-type': 'text/plain' },
  })
  expect(answer.status).toBe(202)
  await tiktok.waitForAccepted(1)
  await expect
    .poll(() => textOf(relay, { relay: url }))
    .toMatch(
      /^Match keys of the 1 events that the forwarder has sent since it started: email 100 %, phone 0 %, .*ttclid 100 %, .* Orders only \(1\): email 100 %, /,
    )
})

test.each<[title: string, relay: string, config: Partial<ForwarderConfig>, says: RegExp]>([
  [
    'there is no admin token',
    'https://track.shop.example/',
    { adminToken: undefined } as object,
    /set CONVERGE_ADMIN_TOKEN/,
  ],
  [
    'the relay of the page is another site',
    'https://evil.example/',
    { domain: 'shop.example' },
    /does not get the admin token/,
  ],
  ['its name only ends alike', 'https://myshop.example/', { domain: 'shop.example' }, /does not get the admin token/],
  ['it is not encrypted', 'http://track.shop.example/', { domain: 'shop.example' }, /does not get the admin token/],
  [
    'nobody answers',
    'http://127.0.0.1:1/',
    { relay: 'http://127.0.0.1:1' },
    /127\.0\.0\.1:1\/health could not be read/,
  ],
])('the admin token is sent only to the forwarder of the shop: %s', async (_, relay, config, says) => {
  expect(await textOf(relay, config)).toMatch(says)
})

async function serveAnswer(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : ''}`
}

test('the admin token does not follow a redirect', async () => {
  const asked: unknown[] = []
  const other = await serveAnswer((request, response) => {
    asked.push(request.headers.authorization)
    response.end('{}')
  })
  const url = await serveAnswer((_, response) => response.writeHead(302, { location: `${other}/health` }).end())
  expect(await textOf(url, { relay: url })).toMatch(/could not be read/)
  expect(asked).toEqual([])
})

test('an answer that is not a health report is reported', async () => {
  const url = await serveAnswer((_, response) => response.writeHead(401).end('{"error":"wrong"}'))
  expect(await textOf(url, { relay: url })).toMatch(/answered 401 without them/)
})
