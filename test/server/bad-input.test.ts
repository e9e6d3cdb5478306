import { expect, test } from 'vitest'
import { batchOf, relayed } from './relayed.ts'
import { type Answered, accessToken, shop, startForwarder, webhookToken } from './start-forwarder.ts'

// Each with a person in it, who must not come back in the answer, or in the log.

const jane = 'jane@example.com'
const purchase = { event_name: 'Placed Order', event_id: '1', properties: { id: 1, $email: jane } }
const [sound] = relayed().send

/** The only event of a batch, with other parameters. */
const withParameters = (parameters: object) => batchOf({ ...relayed(), send: [{ event: 'Purchase', parameters }] })

const fromPages: [title: string, status: number, body: unknown, headers?: Record<string, string>][] = [
  ['not JSON', 400, `{"v":1,"events":[{"user":{"email":"${jane}"`],
  ['truncated', 400, JSON.stringify(batchOf(relayed())).slice(0, -20)],
  ['an empty body', 400, ''],
  ['null', 400, 'null'],
  ['a number', 400, '1'],
  ['a list', 400, [relayed()]],
  ['another version', 400, { ...batchOf(relayed()), v: 2 }],
  ['no sentAt', 400, { v: 1, events: [relayed()] }],
  ['a sentAt that is text', 400, { ...batchOf(relayed()), sentAt: jane }],
  ['an infinite sentAt', 400, JSON.stringify(batchOf(relayed())).replace(/"sentAt":\d+/, '"sentAt":1e999')],
  ['no events', 400, batchOf()],
  ['events that are text', 400, { ...batchOf(), events: jane }],
  ['an event that is not an object', 400, batchOf(null, 7, jane, [], {})],
  ['10,000 events', 400, { ...batchOf(), events: Array.from({ length: 10_000 }, () => ({})) }],
  ['1,001 valid events', 400, batchOf(...Array.from({ length: 1001 }, () => relayed()))],
  ['deep nesting', 400, `${'['.repeat(400_000)}${']'.repeat(400_000)}`],
  [
    'deep nesting in an event',
    400,
    `{"v":1,"sentAt":1,"events":[${'{"user":'.repeat(100_000)}1${'}'.repeat(100_000)}]}`,
  ],
  ['an event without a name', 400, batchOf({ ...relayed(), eventName: undefined })],
  ['an event with a long name', 400, batchOf({ ...relayed(), eventName: jane.repeat(200) })],
  ['an event without an ID', 400, batchOf({ ...relayed(), eventID: '' })],
  ['a blank ID, which TikTok refuses', 400, batchOf({ ...relayed(), eventID: ' \n' })],
  ['a numeric ID', 400, batchOf({ ...relayed(), eventID: 1001 })],
  ['an event without TikTok events', 400, batchOf({ ...relayed(), send: [] })],
  ['consent that is neither granted nor denied', 400, batchOf({ ...relayed(), consent: { marketing: jane } })],
  ['no consent object', 400, batchOf({ ...relayed(), consent: undefined })],
  ['a numeric content_id', 400, withParameters({ contents: [{ content_id: 1, content_type: 'product' }] })],
  ['an empty content_id', 400, withParameters({ contents: [{ content_id: '', content_type: 'product' }] })],
  ['an item that is not an object', 400, withParameters({ contents: [jane] })],
  ['a value that is text', 400, withParameters({ value: jane })],
  ['an infinite value', 400, JSON.stringify(withParameters({ value: 7.5 })).replace('7.5', '1e999')],
  ['an invalid currency', 400, withParameters({ currency: jane })],
  ['an unmapped event name', 400, batchOf({ ...relayed(), eventName: '__proto__' })],
  ['the name of a property of Object.prototype', 400, batchOf({ ...relayed(), eventName: 'constructor' })],
  [
    'a TikTok event that the mapping row does not contain',
    400,
    batchOf({ ...relayed(), send: [{ ...sound, event: 'Subscribe' }] }),
  ],
  ['a body over the limit', 413, { ...batchOf(relayed()), more: jane.repeat(80_000) }],
  ['a declared length over the limit', 413, batchOf(relayed()), { 'content-length': '999999999' }],
  ['an origin that is not allowed', 403, batchOf(relayed()), { origin: 'https://www.shop.test.evil.test' }],
  ['the allowed host on another port', 403, batchOf(relayed()), { origin: `${shop}:8443` }],
  ['the origin null, if it is not allowed', 403, batchOf(relayed()), { origin: 'null' }],
  ['a form', 415, batchOf(relayed()), { 'content-type': 'multipart/form-data; boundary=x' }],
  ['a compressed body', 415, batchOf(relayed()), { 'content-encoding': 'gzip' }],
]

const fromServers: typeof fromPages = [
  ['not JSON', 400, `{"event_name":"Placed Order","properties":{"$email":"${jane}"`],
  ['an empty body', 400, ''],
  ['null', 400, 'null'],
  ['a number', 400, '1'],
  ['no events', 400, { events: [] }],
  ['an empty list', 400, []],
  ['10,000 events', 400, Array.from({ length: 10_000 }, () => ({}))],
  ['10,000 valid events', 400, { events: Array.from({ length: 10_000 }, () => purchase) }],
  ['deep nesting', 400, `${'['.repeat(400_000)}${']'.repeat(400_000)}`],
  ['an event without a name', 400, { ...purchase, event_name: undefined }],
  ['a blank name', 400, { ...purchase, event_name: '  ' }],
  ['a name that is an object', 400, { ...purchase, event_name: { jane } }],
  ['an ID that is an object', 400, { ...purchase, event_id: { jane } }],
  ['properties that are text', 400, { ...purchase, properties: jane }],
  ['properties that are a list', 400, { ...purchase, properties: [jane] }],
  ['profile_properties that are text', 400, { ...purchase, profile_properties: jane }],
  ['aliases that are text', 400, { ...purchase, aliases: `urn:email:${jane}` }],
  ['a timestamp without a time zone', 400, { ...purchase, timestamp: '2026-03-01T12:00:00' }],
  ['a timestamp that is not a time', 400, { ...purchase, timestamp: jane }],
  ['a timestamp before 1970', 400, { ...purchase, timestamp: -5 }],
  ['a timestamp on the 32nd of a month', 400, { ...purchase, timestamp: '2026-01-32T12:00:00Z' }],
  ['consent that is neither granted nor denied', 400, { ...purchase, profile_properties: { $consent: jane } }],
  ['a body over the limit', 413, { ...purchase, more: jane.repeat(80_000) }],
  ['no token', 401, purchase, { 'x-webhook-token': '' }],
  ['a wrong token', 401, purchase, { 'x-webhook-token': `${webhookToken}x` }],
  ['the first half of the token', 401, purchase, { 'x-webhook-token': webhookToken.slice(0, -1) }],
  ['a wrong token, and a body over the limit', 401, jane.repeat(80_000), { 'x-webhook-token': 'x' }],
  ['a form', 415, purchase, { 'content-type': 'application/x-www-form-urlencoded' }],
]

function expectQuietRefusal(answer: Answered, status: number, log: string[]): void {
  expect(answer.status).toBe(status)
  expect(answer.body.error).toMatch(/\.$/)
  expect(answer.body.problems?.length).toBeLessThanOrEqual(100)
  expect(answer.text + log.join()).not.toMatch(/jane/)
  for (const secret of [accessToken, webhookToken]) expect(answer.text + log.join()).not.toContain(secret)
  expect(log).toHaveLength(1)
  expect(log[0]).toMatch(/^warn /)
}

test.each(fromPages)(
  'an invalid request of a page (%s) is answered %i, and nothing is stored',
  async (_, status, body, headers) => {
    const { postEvents, outbox, log } = startForwarder()
    const answer = await postEvents(body, headers)
    expectQuietRefusal(answer, status, log)
    if (status === 400) expect(answer.body.problems?.[0]?.message).toMatch(/^(must|is|does) /)
    expect(outbox.kept).toEqual([])
  },
)

test.each(fromServers)(
  'an invalid request of a server (%s) is answered %i, and nothing is stored',
  async (_, status, body, headers) => {
    const { postWebhook, outbox, log } = startForwarder()
    const answer = await postWebhook(body, headers)
    expectQuietRefusal(answer, status, log)
    if (status === 400) expect(answer.body.problems?.[0]?.message).toMatch(/^(must|is|does) /)
    expect(outbox.kept).toEqual([])
  },
)

test('a problem names the invalid part', async () => {
  const { postEvents, postWebhook } = startForwarder()
  const contents = [{ content_type: 'product' }, { content_id: 7, content_type: 'product' }]
  const page = await postEvents(
    batchOf(relayed(), { ...relayed(), send: [sound, { event: 'Purchase', parameters: { contents } }] }),
  )
  expect([page.status, page.body.accepted]).toEqual([202, 1])
  expect(page.body.problems).toEqual([
    { path: 'events[1].send[1].parameters.contents[1].content_id', message: 'must be text' },
  ])
  const server = await postWebhook({ events: [purchase, { ...purchase, properties: 1 }] })
  expect([server.status, server.body.accepted]).toEqual([202, 1])
  expect(server.body.problems).toContainEqual({ path: 'events[1].properties', message: 'must be an object' })
  const single = await postWebhook({ ...purchase, event_name: '' })
  expect(single.body.problems?.[0]?.path).toBe('event_name')
  const list = await postWebhook([{ ...purchase, timestamp: 'soon' }])
  expect(list.body.problems?.[0]).toMatchObject({
    path: '[0].timestamp',
    message: expect.stringContaining('Unix seconds'),
  })
})

/** A page's request whose body comes bit by bit, and no Content-Length. */
function streamed(body: ReadableStream<Uint8Array>): Request {
  const headers = { origin: shop, 'content-type': 'text/plain' }
  const half = { duplex: 'half' } // Node asks for it; TypeScript's DOM does not know it
  return new Request(`${shop}/events`, { method: 'POST', body, headers, ...half })
}

test('a body without a declared length is measured while it is read', async () => {
  const { fetch, outbox } = startForwarder()
  let pulled = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++
      controller.enqueue(new Uint8Array(100_000).fill(32))
    },
  })
  const request = streamed(endless)
  const response = await fetch(request)
  expect(response.status).toBe(413)
  expect(pulled).toBeLessThan(20)
  expect(outbox.kept).toEqual([])
})

test('a body of one-byte chunks is read up to 20,000 chunks', async () => {
  const { fetch, outbox } = startForwarder()
  let pulled = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++
      controller.enqueue(Uint8Array.of(32))
    },
  })
  const response = await fetch(streamed(endless))
  expect([response.status, outbox.kept]).toEqual([413, []])
  expect(pulled).toBeLessThan(20_100)
})

test.each([
  ['partly accepted', 202, [relayed()]],
  ['refused', 400, []],
])('the answer to a batch that is %s lists 100 problems, and the number of the others', async (_, status, sound) => {
  const send = Array.from({ length: 20 }, () => ({ ...relayed().send[0], event: 'Subscribe' }))
  const broken = Array.from({ length: 50 }, () => ({ ...relayed(), send }))
  const { postEvents } = startForwarder()
  const answer = await postEvents(batchOf(...sound, ...broken))
  expect(answer.status).toBe(status)
  expect([answer.body.problems?.length, answer.body.more_problems]).toEqual([100, 900])
  const few = await postEvents(batchOf(...sound, broken[0]))
  expect(few.body).not.toHaveProperty('more_problems')
})

test('a body that ends early is answered 400', async () => {
  const { fetch, outbox, log } = startForwarder()
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new Error(`connection of ${jane} lost`))
    },
  })
  const request = streamed(broken)
  const response = await fetch(request)
  expect(response.status).toBe(400)
  expect(await response.text()).not.toContain('jane')
  expect([outbox.kept, log.length]).toEqual([[], 1])
  expect(log.join()).not.toContain('jane')
})

test('a letter split between two chunks is decoded correctly', async () => {
  const { fetch, outbox } = startForwarder()
  const [event] = relayed().send
  const send = [{ event: 'Purchase', parameters: { ...event?.parameters, order_id: 'ä€😀' } }]
  const bytes = new TextEncoder().encode(JSON.stringify(batchOf(relayed({ send }))))
  const one = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  const response = await fetch(streamed(one))
  expect(response.status).toBe(202)
  expect(outbox.kept[0]?.data.properties.order_id).toBe('ä€😀')
})

test('__proto__ keys have no effect', async () => {
  const { postEvents, postWebhook, outbox } = startForwarder()
  const poison =
    '"__proto__":{"polluted":true,"total_price":7,"email":"x"},"constructor":{"prototype":{"polluted":true}}'
  const page = JSON.stringify(batchOf(relayed())).replaceAll('{', `{${poison},`).replaceAll(',}', '}')
  expect((await postEvents(page)).status).toBe(202)
  const server = JSON.stringify({ ...purchase, profile_properties: {} })
    .replaceAll('{', `{${poison},`)
    .replaceAll(',}', '}')
  expect((await postWebhook(server)).status).toBe(202)

  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  expect(JSON.stringify(outbox.kept)).not.toMatch(/polluted|__proto__|constructor/)
})

test('unknown keys are dropped', async () => {
  const { postEvents, outbox } = startForwarder()
  const [event] = relayed().send
  const contents = [{ content_id: '1', content_type: 'product', note: jane }]
  const send = [{ ...event, event: 'Purchase', note: jane, parameters: { contents, note: jane, email: jane } }]
  const user = { email: relayed().user.email, note: jane, ip: '6.6.6.6', ttclid: 'forged' }
  const page = { url: `${shop}/`, referrer: '', note: jane }
  expect((await postEvents({ ...batchOf({ ...relayed(), send, user, page, note: jane }), note: jane })).status).toBe(
    202,
  )
  expect(outbox.kept[0]?.data).toMatchObject({
    user: { email: relayed().user.email },
    properties: { contents: [{ content_id: '1' }] },
  })
  expect(JSON.stringify(outbox.kept)).not.toMatch(/jane|forged|6\.6\.6\.6|note/)
})

test('an identity value that is not a hash is dropped', async () => {
  const { postEvents, outbox } = startForwarder({ allowTest: true })
  const hash = String(relayed().user.email)
  const user = {
    email: jane,
    phone: '+491701234567',
    external_id: hash,
    first_name: 'Jane',
    last_name: hash.toUpperCase(),
    zip_code: [hash],
    city: jane,
    state: 'NRW',
    country: 'DE',
  }
  expect(
    (await postEvents(batchOf({ ...relayed(), user, ttclid: jane, ttp: { jane }, locale: jane, test: jane }))).status,
  ).toBe(202)
  expect(outbox.kept[0]?.data.user).toEqual({ external_id: hash, state: 'nrw', country: 'de' })
  expect(JSON.stringify(outbox.kept)).not.toContain('jane')
})
