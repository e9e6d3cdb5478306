import { describe, expect, test } from 'vitest'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import { batchOf, relayed } from './relayed.ts'
import { adminToken, type StartedForwarder, shop, startForwarder, webhookToken } from './start-forwarder.ts'

const evil = 'https://evil.test'
const sound = batchOf(relayed())
const order = { event_name: 'Placed Order', event_id: '1' }

type Refused = [
  title: string,
  send: (forwarder: StartedForwarder) => Promise<{ status: number }>,
  status: number,
  cause: string,
  line: string,
  config?: Partial<ForwarderConfig>,
]
const admin = (token: string) => new Request(`${shop}/health`, { headers: { authorization: `Bearer ${token}` } })

const rows: Refused[] = [
  [
    'a page of another origin',
    ({ postEvents }) => postEvents(sound, { origin: evil }),
    403,
    'origin',
    `warn A page was refused, because allowedOrigins does not contain its origin status=403 route=events origin=${evil}`,
  ],
  [
    'its preflight',
    ({ fetch }) => fetch(new Request(`${shop}/events`, { method: 'OPTIONS', headers: { origin: evil } })),
    403,
    'origin',
    `warn A page was refused, because allowedOrigins does not contain its origin status=403 route=events origin=${evil}`,
  ],
  [
    'a sandboxed page',
    ({ postEvents }) => postEvents(sound, { origin: 'null' }),
    403,
    'origin',
    'warn A page was refused, because allowedOrigins does not contain its origin status=403 route=events origin=null',
  ],
  [
    'a page’s body that is not JSON',
    ({ postEvents }) => postEvents('jane@example.com'),
    400,
    'body',
    'warn A request was refused, because nothing in its body could be accepted status=400 route=events origin=https://www.shop.test problem=',
  ],
  [
    'an unmapped event of a page',
    ({ postEvents }) => postEvents(batchOf(relayed({ eventName: 'jane@example.com' }))),
    400,
    'body',
    'warn A request was refused, because nothing in its body could be accepted status=400 route=events origin=https://www.shop.test problem="events[0].send[0].event ',
  ],
  [
    'a body over the limit',
    ({ postEvents }) => postEvents(' '.repeat(2_000_000)),
    413,
    'too_large',
    'warn A request was refused, because its body is too large status=413 route=events origin=https://www.shop.test',
  ],
  [
    'a form',
    ({ postEvents }) => postEvents(sound, { 'content-type': 'multipart/form-data; boundary=x' }),
    415,
    'content_type',
    'warn A request was refused, because of the type or encoding of its body status=415 route=events origin=https://www.shop.test',
  ],
  [
    'a server with a wrong token',
    ({ postWebhook }) => postWebhook(order, { 'x-webhook-token': `${webhookToken}x` }),
    401,
    'token',
    'warn A request with a missing or wrong token or signature was refused status=401 route=webhook',
  ],
  [
    'a server’s event without a name',
    ({ postWebhook }) => postWebhook({ ...order, event_name: '' }),
    400,
    'body',
    'warn A request was refused, because nothing in its body could be accepted status=400 route=webhook problem="event_name ',
  ],
  [
    'a webhook request without a configured token',
    ({ postWebhook }) => postWebhook(order),
    404,
    'no_webhook',
    'warn A webhook was refused, because no source has this URL status=404 route=webhook',
    Object({ webhookToken: undefined }),
  ],
  [
    'an operator with a wrong token',
    ({ fetch }) => fetch(admin('x')),
    401,
    'token',
    'warn A request with a missing or wrong token or signature was refused status=401 route=health',
  ],
]

test.each(rows)('%s is logged and counted', async (_, send, status, cause, line, config) => {
  const forwarder = startForwarder({ adminToken, ...config })
  expect((await send(forwarder)).status).toBe(status)
  expect((await send(forwarder)).status).toBe(status)
  expect(forwarder.log).toHaveLength(1)
  expect(forwarder.log[0]).toContain(line)
  expect(forwarder.log[0]).not.toMatch(/jane|secret/)
  const { refused } = await (await forwarder.fetch(admin(adminToken))).json()
  const counted = Object.entries(refused).filter(([, count]) => count !== 0)
  expect(counted).toEqual([[cause, 2]])
})

test('an accepted request is neither logged nor counted', async () => {
  const forwarder = startForwarder({ adminToken })
  await forwarder.postEvents(sound)
  await forwarder.postWebhook(order)
  expect(forwarder.log).toEqual([])
  const { refused } = await (await forwarder.fetch(admin(adminToken))).json()
  expect(Object.values(refused)).toEqual([0, 0, 0, 0, 0, 0])
})

describe('the log', () => {
  test('has one line a minute for each cause and origin, with the number of lines left out', async () => {
    let passed = 0
    const { postEvents, log } = startForwarder({}, undefined, () => passed)
    const visit = async (origin: string) => void (await postEvents(sound, { origin }))
    for (let round = 0; round < 5; round++) await visit(evil)
    await visit('https://other.test')
    await postEvents('no JSON')
    expect(log).toHaveLength(3)
    passed = 59_999
    await visit(evil)
    expect(log).toHaveLength(3)
    passed = 60_000
    await visit(evil)
    expect(log).toHaveLength(4)
    expect(log[3]).toMatch(/ origin=https:\/\/evil\.test more=5$/)
  })

  test('does not grow with invented origins', async () => {
    let passed = 0
    const { postEvents, log } = startForwarder({}, undefined, () => passed)
    for (let index = 0; index < 500; index++) await postEvents(sound, { origin: `https://evil-${index}.test` })
    expect(log).toHaveLength(101) // one more for all the others
    passed = 60_000
    await postEvents(sound, { origin: 'https://evil-7.test' })
    expect(log).toHaveLength(102)
  })

  test.each([
    ['https://jane@example.com', 'https://example.com'],
    ['jane', 'invalid'],
    [`https://${'a'.repeat(50)}.${'b'.repeat(60)}.test`, `https://${'a'.repeat(50)}.${'b'.repeat(41)}`],
  ])('shows the origin %j as %s', async (origin, shown) => {
    const { postEvents, log } = startForwarder()
    await postEvents(sound, { origin })
    expect(log[0]?.split(' origin=')[1]).toBe(shown)
  })

  test('has one line a minute about a full outbox, however often it has room in between', async () => {
    let passed = 0
    const { postEvents, outbox, log } = startForwarder({}, undefined, () => passed)
    for (let round = 0; round < 10; round++) {
      outbox.fault = round % 2 ? 'none' : 'full'
      await postEvents(sound)
    }
    expect(log).toEqual([
      'error The outbox is full. Senders are asked to retry problem="There is no room for more events."',
    ])
    passed = 60_000
    outbox.fault = 'full'
    await postEvents(sound)
    expect(log[1]).toMatch(/ more=4$/)
  })

  test('has one line a minute about an unexpected error', async () => {
    const { postEvents, log } = startForwarder({}, () => {
      throw new Error('no clock')
    })
    for (let round = 0; round < 3; round++) expect((await postEvents(sound)).status).toBe(500)
    expect(log).toEqual(['error A request failed problem="Error: no clock"'])
  })
})
