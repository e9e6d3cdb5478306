import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config, RelayedEvent, State, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { createDevice, type Device } from './device.ts'
import { goLive, openPage, openShop, type Page } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const relay = 'https://relay.shop.test/tiktok'
const serverOnly = { mapping: { mode: 'server_only' } } as const
const second = 1000
const hour = 3_600_000
const order = { id: '1001', total_price: 20, currency: 'EUR' }

interface Opening {
  device?: Device
  relayStatus?: number
}

/** A page with a relay that records its requests. */
function open(config: Partial<Config> = {}, { relayStatus = 202, ...opening }: Opening = {}) {
  const page = openPage(opening)
  page.relayStatus = relayStatus
  const shop = openShop({ relay, ...config }, page)
  const results: TrackResult[] = []
  const states: State[] = []
  shop.converge.on('event', (result) => results.push(result))
  shop.converge.on('state', (state) => states.push(state))
  return { ...shop, device: page.device, results, states }
}

/** Lets everything happen that is not waiting for a time. */
async function settle({ idle }: Page): Promise<void> {
  for (const { run } of idle.splice(0)) run()
  await vi.advanceTimersByTimeAsync(0)
}

const ids = ({ posts }: Page) => posts.map(({ events }) => events.map(({ eventID }) => eventID))
const outboxes = ({ stored }: Device) =>
  [...stored.keys()].filter((key) => key.startsWith(`converge.${pixelId}.outbox.`))
const kept = (device: Device): RelayedEvent[] =>
  outboxes(device).flatMap((key) => JSON.parse(String(device.stored.get(key))))

/** A promise that the test keeps. */
function gate() {
  let open = () => {}
  const isOpen = new Promise<void>((resolve) => {
    open = resolve
  })
  return { isOpen, open }
}

describe('a post', () => {
  test('contains all events of one task, and leaves before the next task', async () => {
    const { page, track } = open()
    track('Searched', {}, { eventID: 'a' })
    track('Placed Order', order)
    expect(page.posts).toEqual([])
    await Promise.resolve()
    await Promise.resolve()
    expect(ids(page)).toEqual([['a', '1001']])
    await settle(page)
    track('Searched', {}, { eventID: 'b' })
    await settle(page)
    expect(ids(page)).toEqual([['a', '1001'], ['b']])
  })

  test('contains at most 20 events, and a task with 130 events loses none', async () => {
    const { page, track, results } = open()
    for (let n = 1; n <= 130; n++) track('Searched', {}, { eventID: n })
    await settle(page)
    expect(page.posts.map(({ events }) => events.length)).toEqual([20, 20, 20, 20, 20, 20, 10])
    expect(ids(page).flat().map(Number)).toEqual(Array.from({ length: 130 }, (_, index) => index + 1))
    expect(results.filter(({ status }) => status !== 'success')).toEqual([])
  })

  test('is sent as text without a preflight, and outlives the page', async () => {
    const { page, track } = open()
    track('Searched')
    await settle(page)
    expect(page.requests).toEqual([
      {
        url: `${relay}/events`,
        // A string's own type is text/plain.
        options: { method: 'POST', body: expect.any(String), keepalive: true },
      },
    ])
  })

  test('contains only what the forwarder needs', async () => {
    const { page, track } = open()
    const time = Date.now()
    track('Placed Order', { ...order, $is_new_customer: true, note: 'gift' })
    await settle(page)
    const parameters = { value: 20, currency: 'EUR', order_id: '1001' }
    expect(page.posts).toStrictEqual([
      {
        v: 1,
        sentAt: time,
        events: [
          {
            time,
            eventName: 'Placed Order',
            eventID: '1001',
            send: [
              { event: 'Purchase', parameters },
              { event: 'NewCustomerPurchase', parameters },
            ],
            pixel: true,
            user: {},
            visitor: expect.stringMatching(/^[\da-f]{64}$/),
            page: { url: 'https://www.shop.test/caps?color=red', referrer: '' },
            locale: 'en-US',
            consent: {},
          },
        ],
      },
    ])
  })

  test('contains no personal data and no secrets in its URLs', async () => {
    const { page, track } = open()
    track('Searched', {
      $url: 'https://www.shop.test/jane@example.com?email=jane%40example.com&color=red',
      referrer: 'https://www.shop.test/?token=s3cret&return_to=%2Faccount%3Femail%3Djane%2540example.com',
    })
    await settle(page)
    const [event] = page.posts[0]?.events ?? []
    expect(JSON.stringify(event)).not.toMatch(/jane|s3cret/)
    expect(event?.page.url).toContain('color=red')
  })

  test.each([null, undefined, 7, {}])('keeps its URLs as text, whatever the call contains: %s', async ($url) => {
    const { page, track } = open()
    track('Searched', { $url, referrer: $url })
    await settle(page)
    expect(page.posts[0]?.events[0]?.page).toEqual({
      url: expect.not.stringMatching(/null|undefined|object/),
      referrer: expect.not.stringMatching(/null|undefined|object/),
    })
  })

  test("is not sent with keepalive if it exceeds the browser's limit", async () => {
    const { page, track } = open()
    const items = Array.from({ length: 100 }, (_, product_id) => ({ product_id, name: 'é'.repeat(500) }))
    track('Started Checkout', { items })
    await settle(page)
    expect(page.requests.map(({ options }) => options.keepalive)).toEqual([false])
  })

  test('is sent again without keepalive if the browser refuses it because of requests in flight', async () => {
    const { page, track } = open()
    const { fetch } = page.window
    let inFlight = 0
    page.window.fetch = async (url, options) => {
      const size = options?.keepalive ? new Blob([String(options.body)]).size : 0
      if (inFlight + size > 65_536) throw new TypeError('Failed to fetch')
      inFlight += size
      const answer = await fetch(url, options)
      inFlight -= size
      return answer
    }
    const relayIsReady = gate()
    page.relayIsReady = relayIsReady.isOpen
    const items = Array.from({ length: 20 }, (_, product_id) => ({ product_id, name: 'é'.repeat(400) }))
    for (let n = 0; n < 12; n++) {
      track('Started Checkout', { items }, { eventID: n })
      await settle(page)
    }
    relayIsReady.open()
    await vi.advanceTimersByTimeAsync(60 * second)
    expect(new Set(ids(page).flat()).size).toBe(12)
  })

  test('is marked as a test by the page URL, also on later pages of the tab', async () => {
    const codes = []
    let name = ''
    for (const search of ['?color=red', '?email=jane@example.com&converge_test=TEST123', '?color=red']) {
      const page = openPage({ url: `https://www.shop.test/${search}` })
      Object.defineProperty(page.window.history, 'length', { value: codes.length + 1 })
      page.window.name = name
      openShop({ relay }, page).track('Searched')
      await settle(page)
      codes.push(page.posts[0]?.events[0]?.test)
      name = page.window.name
    }
    expect(codes).toEqual([undefined, 'TEST123', 'TEST123'])
    // Another site may come next in the tab.
    expect(name).not.toContain('jane')
  })

  test('keeps the data of two events apart', async () => {
    const { page, track } = open()
    track('Viewed Product', { product_id: 'P1' })
    track('Viewed Product', { product_id: 'P2' })
    await settle(page)
    const contents = page.posts[0]?.events.map(({ send }) => send[0]?.parameters.contents?.[0]?.content_id)
    expect(contents).toEqual(['P1', 'P2'])
  })
})

describe('the browserCopy mark', () => {
  const marks = ({ posts }: Page) => posts.flatMap(({ events }) => events).map(({ pixel }) => pixel)

  test('is true if the pixel has received the event, waiting or live', async () => {
    const { page, track } = open()
    track('Searched')
    await settle(page)
    goLive(page)
    await vi.advanceTimersByTimeAsync(100)
    track('Searched')
    await settle(page)
    expect(marks(page)).toEqual([true, true])
  })

  test('is false if the pixel is blocked', async () => {
    const { page, track } = open({ load: 'immediate' })
    page.scripts[0]?.dispatchEvent(new page.window.Event('error'))
    expect(track('Searched')).toMatchObject({ status: 'success', reason: 'pixel_blocked' })
    await settle(page)
    expect(marks(page)).toEqual([false])
  })

  test.each<[title: string, config: Partial<Config>]>([
    ['a row is for the server', { mapping: { events: { Searched: { event: 'Search', forward: 'server' } } } }],
    ['there is no pixel', serverOnly],
  ])('is false if %s', async (_, config) => {
    const { page, track } = open(config)
    expect(track('Searched')).toMatchObject({ status: 'success', destinationEvents: [{ via: ['relay'] }] })
    await settle(page)
    expect(marks(page)).toEqual([false])
  })
})

describe('a relay that is down', () => {
  test.each([0, 500, 502, 503, 408, 429, 302])('keeps the event and tries again: %s', async (relayStatus) => {
    const { page, track, results, states } = open({}, { relayStatus })
    const time = Date.now()
    expect(track('Placed Order', order).status).toBe('success')
    await settle(page)
    expect(results.at(-1)).toMatchObject({ eventID: '1001', status: 'retry', reason: 'relay_down' })
    expect(states.at(-1)).toMatchObject({ relay: 'down', outbox: 1 })

    page.relayStatus = 202
    await vi.advanceTimersByTimeAsync(second)
    expect(page.posts).toMatchObject([
      { sentAt: time, events: [{ time, eventID: '1001' }] },
      { sentAt: time + second, events: [{ time, eventID: '1001' }] },
    ])
    expect(results.at(-1)).toMatchObject({ eventID: '1001', status: 'success' })
    expect(states.at(-1)).toMatchObject({ relay: 'ready', outbox: 0 })
    await vi.advanceTimersByTimeAsync(hour)
    expect(page.posts).toHaveLength(2)
  })

  test('is retried at growing intervals, finally every 5 minutes', async () => {
    const { page, track } = open({}, { relayStatus: 503 })
    const start = Date.now()
    track('Searched')
    await vi.advanceTimersByTimeAsync(1500 * second)
    const times = page.posts.map(({ sentAt }) => (sentAt - start) / second)
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
  })

  test('reports each change of the state once', async () => {
    const { results, track } = open({}, { relayStatus: 503 })
    track('Searched')
    await vi.advanceTimersByTimeAsync(60 * second)
    expect(results.map(({ status }) => status)).toEqual(['success', 'retry'])
  })

  test('does not block later events', async () => {
    const { page, track } = open({}, { relayStatus: 503 })
    track('Searched', {}, { eventID: 'a' })
    await settle(page)
    page.relayStatus = 202
    track('Searched', {}, { eventID: 'b' })
    await settle(page)
    expect(ids(page)).toEqual([['a'], ['b']])
    await vi.advanceTimersByTimeAsync(second)
    expect(ids(page)).toEqual([['a'], ['b'], ['a']])
  })

  test('loses no event of this page if storage is full too', async () => {
    const device = createDevice()
    device.fault = 'full'
    const { page, track } = open({}, { device, relayStatus: 0 })
    track('Searched', {}, { eventID: 'a' })
    await settle(page)
    page.relayStatus = 202
    await vi.advanceTimersByTimeAsync(second)
    expect(ids(page)).toEqual([['a'], ['a']])
  })

  test('or a fetch that throws breaks nothing and is retried', async () => {
    const { page, track, results } = open()
    const { fetch } = page.window
    page.window.fetch = () => {
      throw new TypeError('a wrapper of some other script')
    }
    const rejected = vi.fn()
    process.on('unhandledRejection', rejected)
    expect(track('Searched', {}, { eventID: 'a' }).status).toBe('success')
    await settle(page)
    page.window.fetch = fetch
    await vi.advanceTimersByTimeAsync(second)
    vi.useRealTimers()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', rejected)
    expect(rejected).not.toHaveBeenCalled()
    expect(results.map(({ status }) => status)).toEqual(['success', 'retry', 'success'])
    expect(ids(page)).toEqual([['a']])
  })

  test('loses no event tracked after a new grant if the visitor denies while it answers', async () => {
    const { page, converge, track } = open({ consent: 'implied' })
    const [first, next] = [gate(), gate()]
    page.relayIsReady = first.isOpen
    track('Searched', {}, { eventID: 'before' })
    await settle(page)
    converge.consent({ marketing: 'denied' })
    converge.consent({ marketing: 'granted' })
    page.relayIsReady = next.isOpen
    track('Searched', {}, { eventID: 'after' })
    await settle(page)
    first.open()
    await settle(page)
    page.relayStatus = 0
    next.open()
    await settle(page)
    page.relayStatus = 202
    await vi.advanceTimersByTimeAsync(second)
    expect(ids(page)).toEqual([['before'], ['after'], ['after']])
  })
})

describe('a relay that refuses', () => {
  test.each([400, 401, 403, 404, 413, 422])('permanently is not retried: %s', async (relayStatus) => {
    const { page, track, device, results, states } = open(serverOnly, { relayStatus })
    track('Placed Order', order)
    await settle(page)
    expect(results.at(-1)).toMatchObject({ status: 'failure', reason: 'relay_refused' })
    expect(states.at(-1)).toMatchObject({ relay: 'refused', outbox: 0 })
    await vi.advanceTimersByTimeAsync(hour)
    expect(page.posts).toHaveLength(1)
    expect(outboxes(device)).toEqual([])
  })

  test("keeps the pixel's success, and the result shows that the relay does not have the event", async () => {
    const { page, track, results } = open({}, { relayStatus: 403 })
    expect(track('Searched')).toMatchObject({ status: 'success', reason: undefined })
    await settle(page)
    expect(results.at(-1)).toMatchObject({ status: 'success', reason: 'relay_refused' })
  })

  test('and a blocked pixel fail the event', async () => {
    const { page, track, results } = open({ load: 'immediate' }, { relayStatus: 403 })
    page.scripts[0]?.dispatchEvent(new page.window.Event('error'))
    track('Searched')
    await settle(page)
    expect(results.at(-1)).toMatchObject({ status: 'failure' })
  })

  test('is asked again for later events', async () => {
    const { page, track, states } = open({}, { relayStatus: 403 })
    track('Searched', {}, { eventID: 'a' })
    await settle(page)
    page.relayStatus = 202
    track('Searched', {}, { eventID: 'b' })
    await settle(page)
    expect(ids(page)).toEqual([['a'], ['b']])
    expect(states.at(-1)).toMatchObject({ relay: 'ready' })
  })
})

describe('the outbox', () => {
  test('is one storage key per event, which exists only while the event waits', async () => {
    const { page, device, track } = open({}, { relayStatus: 0 })
    track('Searched', {}, { eventID: 'a' })
    track('Searched', {}, { eventID: 'b' })
    await settle(page)
    expect(outboxes(device)).toEqual(['a', 'b'].map((id) => `converge.${pixelId}.outbox.Searched.${id}`))
    expect(kept(device).map(({ eventID }) => eventID)).toEqual(['a', 'b'])
    page.relayStatus = 202
    await vi.advanceTimersByTimeAsync(second)
    expect(outboxes(device)).toEqual([])
  })

  test('is not written to on a page without failures', async () => {
    const { page, device, track } = open()
    track('Searched')
    await settle(page)
    page.close()
    expect(device.touches.filter((touch) => /^write .*outbox/.test(touch))).toEqual([])
  })

  test('stores only hashes: no place or person in plain text', async () => {
    const { page, device, track } = open({}, { relayStatus: 0 })
    const profileProperties = { $email: 'jane@shop.test', $city: 'Graz', $state: 'Styria', $country_code: 'AT' }
    track('Searched', {}, { profileProperties })
    await settle(page)
    expect(page.posts[0]?.events[0]?.user).toMatchObject({ city: 'graz', state: 'styria', country: 'at' })
    const { user } = kept(device)[0] ?? {}
    expect(Object.keys(user ?? {})).toEqual(['email'])
    expect([...device.stored.values()].join()).not.toMatch(/graz|styria/i)
  })

  test('keeps events in flight when the page is closed', async () => {
    const { page, device, track } = open()
    page.relayIsReady = new Promise(() => {})
    track('Searched', {}, { eventID: 'a' })
    await settle(page)
    expect(kept(device)).toEqual([])
    page.close()
    expect(kept(device)).toMatchObject([{ eventID: 'a' }])
  })

  test('is taken over by the next page, complete and with the original event times', async () => {
    const first = open({}, { relayStatus: 0 })
    const time = Date.now()
    first.track('Searched', {}, { eventID: 'a' })
    first.track('Placed Order', order)
    await settle(first.page)
    first.page.close()
    const [posted] = first.page.posts
    await vi.advanceTimersByTimeAsync(hour)

    const { page, device } = open({}, { device: first.device })
    expect(page.posts).toEqual([])
    await settle(page)
    expect(page.posts).toEqual([{ v: 1, sentAt: time + hour, events: posted?.events }])
    expect(outboxes(device)).toEqual([])
  })

  test('stays for the page after the next one if the next page cannot deliver it either', async () => {
    const first = open({}, { relayStatus: 0 })
    first.track('Searched', {}, { eventID: 'a' })
    await settle(first.page)
    first.page.close()
    const next = open({}, { device: first.device, relayStatus: 0 })
    await settle(next.page)
    expect(next.states.at(-1)).toMatchObject({ relay: 'down', outbox: 1 })
    next.page.close()
    expect(kept(next.device)).toMatchObject([{ eventID: 'a' }])
    const last = open({}, { device: first.device })
    await settle(last.page)
    expect(ids(last.page)).toEqual([['a']])
    expect(outboxes(last.device)).toEqual([])
  })

  test('marks its orders as sent when another page delivers it', async () => {
    const first = open({}, { relayStatus: 0 })
    first.track('Placed Order', order)
    await settle(first.page)
    first.page.close()
    const { page, track } = open({}, { device: first.device })
    await settle(page)
    expect(track('Placed Order', order)).toMatchObject({ status: 'skipped', reason: 'already_sent' })
  })

  test('belongs to its open page for 30 s; then another page may deliver it, under the same event_id', async () => {
    const device = createDevice()
    const first = open({}, { device, relayStatus: 0 })
    first.track('Searched', {}, { eventID: 'a' })
    await settle(first.page)
    const second = open({}, { device })
    await settle(second.page)
    expect(ids(second.page)).toEqual([])
    const answer = gate()
    first.page.relayIsReady = answer.isOpen // the tab is slow, or frozen
    await vi.advanceTimersByTimeAsync(30 * 1000)
    expect(ids(second.page)).toEqual([['a']])
    expect(outboxes(device)).toEqual([])

    first.page.relayStatus = 202
    answer.open()
    await vi.advanceTimersByTimeAsync(hour)
    expect(ids(first.page)).toEqual([['a'], ['a']])
    expect(first.results.at(-1)).toMatchObject({ eventID: 'a', status: 'success' })
    expect(outboxes(device)).toEqual([])
  })

  test('is taken over once by a page, however often the visitor decides', async () => {
    const first = open({}, { relayStatus: 0 })
    first.track('Searched', {}, { eventID: 'a' })
    await settle(first.page)
    first.page.close()
    const { page, converge } = open({}, { device: first.device, relayStatus: 0 })
    await settle(page)
    converge.consent({ marketing: 'granted' })
    await settle(page)
    expect(ids(page)).toEqual([['a']])
  })

  test('of several closed pages is taken over by one page', async () => {
    const device = createDevice()
    for (const eventID of ['a', 'b', 'c']) {
      const { page, track } = open({}, { device })
      page.relayIsReady = new Promise(() => {})
      track('Searched', {}, { eventID })
      await settle(page)
      page.close()
    }
    const { page } = open({}, { device })
    await settle(page)
    expect(ids(page).flat()).toEqual(expect.arrayContaining(['a', 'b', 'c']))
    expect(outboxes(device)).toEqual([])
  })

  test('is not touched before consent allows it', async () => {
    const first = open({ consent: 'implied' }, { relayStatus: 0 })
    first.track('Searched', {}, { eventID: 'a' })
    await settle(first.page)
    first.page.close()
    const { page, converge } = open({ consent: 'require' }, { device: first.device })
    await settle(page)
    expect(page.posts).toEqual([])
    converge.consent({ marketing: 'granted' })
    await settle(page)
    expect(ids(page)).toEqual([['a']])
  })

  test('holds the last 100 events, and reports the others as lost', async () => {
    const { page, device, track, states, results } = open(serverOnly, { relayStatus: 0 })
    for (let n = 1; n <= 130; n++) track('Searched', {}, { eventID: n })
    await settle(page)
    expect(kept(device).map(({ eventID }) => Number(eventID))).toEqual(Array.from({ length: 100 }, (_, n) => n + 31))
    expect(states.at(-1)).toMatchObject({ outbox: 100 })
    const lost = results.filter(({ status }) => status === 'failure')
    expect(lost.map(({ eventID }) => Number(eventID))).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
    expect(lost[0]).toMatchObject({ reason: 'relay_down' })
  })

  test('drops the oldest events of earlier pages first if it is full, and keeps the order of this page', async () => {
    const first = open(serverOnly, { relayStatus: 0 })
    for (let n = 1; n <= 100; n++) first.track('Searched', {}, { eventID: n })
    await settle(first.page)
    first.page.close()
    await vi.advanceTimersByTimeAsync(second)
    const { page, device, track, results } = open(serverOnly, { device: first.device, relayStatus: 0 })
    track('Placed Order', order)
    await settle(page)
    expect(results.at(-1)).toMatchObject({ eventID: '1001', status: 'retry' })
    expect(outboxes(device)).toHaveLength(100)
    expect(kept(device).map(({ eventID }) => eventID)).not.toContain('1')
  })

  test('does not store events of more than 10,000 characters, which the page retries from memory', async () => {
    const { page, device, track } = open({}, { relayStatus: 0 })
    const items = Array.from({ length: 40 }, (_, product_id) => ({ product_id, name: 'x'.repeat(500) }))
    track('Started Checkout', { items }, { eventID: 'large' })
    await settle(page)
    expect(outboxes(device)).toEqual([])
    page.relayStatus = 202
    await vi.advanceTimersByTimeAsync(second)
    expect(ids(page)).toEqual([['large'], ['large']])
  })

  test.each(['not JSON', '5', 'null', '{}', '[null]', '["a"]', '[{}]', '[]'])(
    'with unreadable content breaks nothing, and no empty post is sent: %s',
    async (text) => {
      const device = createDevice()
      device.stored.set(`converge.${pixelId}.outbox.1`, text)
      const { page, track } = open({}, { device })
      await settle(page)
      expect(page.posts).toEqual([])
      track('Searched', {}, { eventID: 'a' })
      await settle(page)
      expect(ids(page)).toEqual([['a']])
    },
  )

  test('of one pixel is not read by another', async () => {
    const first = open({}, { relayStatus: 0 })
    first.track('Searched', {}, { eventID: 'a' })
    await settle(first.page)
    first.page.close()
    const { page } = open({ pixelId: 'OTHER00000OTHER00000' }, { device: first.device })
    await settle(page)
    expect(page.posts).toEqual([])
    expect(kept(first.device)).toHaveLength(1)
  })

  test('stores no name, number or place in plain text', async () => {
    const { page, device, track } = open({}, { relayStatus: 0 })
    track('Placed Order', order, { profileProperties: { $email: 'jane@example.com', $first_name: 'Jane' } })
    await settle(page)
    expect(kept(device)).toHaveLength(1)
    expect(JSON.stringify([...device.stored])).not.toMatch(/jane/i)
  })
})

describe('an event that waits too long', () => {
  test('is dropped after 47 hours if the pixel had it, because TikTok would count it twice', async () => {
    const { page, device, track, results, states } = open({}, { relayStatus: 0 })
    track('Placed Order', order)
    await vi.advanceTimersByTimeAsync(46 * hour)
    expect(results.at(-1)).toMatchObject({ status: 'retry', reason: 'relay_down' })
    await vi.advanceTimersByTimeAsync(2 * hour)
    // The pixel's copy has been all there is.
    expect(results.at(-1)).toMatchObject({ eventID: '1001', status: 'success', reason: 'too_late' })
    expect(states.at(-1)).toMatchObject({ outbox: 0 })
    const { length } = page.posts
    await vi.advanceTimersByTimeAsync(hour)
    expect(page.posts).toHaveLength(length)
    expect(outboxes(device)).toEqual([])
  })

  test('is dropped after 47 hours, also if the pixel received it after a later grant', async () => {
    const { page, converge, track } = open({ consent: 'always_server' }, { relayStatus: 0 })
    track('Placed Order', order)
    await settle(page)
    converge.consent({ marketing: 'granted' })
    await vi.advanceTimersByTimeAsync(48 * hour)
    expect(page.posts.map(({ events }) => events[0]?.pixel).slice(0, 2)).toEqual([false, true])
    const { length } = page.posts
    await vi.advanceTimersByTimeAsync(hour)
    expect(page.posts).toHaveLength(length)
  })

  test('is dropped after 47 hours, also if a late pixel received it', async () => {
    const { page, track, states } = open({ load: 'immediate' }, { relayStatus: 0 })
    await vi.advanceTimersByTimeAsync(30 * second)
    expect(states.at(-1)).toMatchObject({ pixel: 'blocked' })
    track('Placed Order', order)
    await settle(page)
    goLive(page)
    track('Searched')
    await vi.advanceTimersByTimeAsync(48 * hour)
    const { length } = page.posts
    await vi.advanceTimersByTimeAsync(hour)
    expect(page.posts).toHaveLength(length)
  })

  test('is dropped after 7 days if the pixel did not have it', async () => {
    const { results, track } = open(serverOnly, { relayStatus: 0 })
    track('Placed Order', order)
    await vi.advanceTimersByTimeAsync(7 * 24 * hour - hour)
    expect(results.at(-1)).toMatchObject({ status: 'retry' })
    await vi.advanceTimersByTimeAsync(2 * hour)
    expect(results.at(-1)).toMatchObject({ status: 'skipped', reason: 'too_late' })
  })

  test('is not posted by a later page', async () => {
    const first = open({}, { relayStatus: 0 })
    first.track('Placed Order', order)
    await settle(first.page)
    first.page.close()
    vi.setSystemTime(Date.now() + 48 * hour)
    const { page, device } = open({}, { device: first.device })
    await settle(page)
    expect(page.posts).toEqual([])
    expect(outboxes(device)).toEqual([])
  })
})

describe("TikTok's visitor ID, which it writes a moment after a new visitor's first event", () => {
  test.each([
    ['is added when the event is sent again', {}, undefined, 'late.id'],
    ['is added if the visitor has granted consent in the meantime', { consent: 'always_server' }, 'granted', 'late.id'],
    ['is not added if the visitor has not decided', { consent: 'always_server' }, undefined, undefined],
    ['is not added if the visitor has denied', { consent: 'always_server' }, 'denied', undefined],
  ] as const)('%s', async (_, config, marketing, ttp) => {
    const device = createDevice()
    const { page, converge, track } = open(config, { device, relayStatus: 0 })
    track('Searched', {}, { eventID: 'a' })
    await settle(page)
    device.cookie = '_ttp=late.id'
    if (marketing) converge.consent({ marketing })
    page.relayStatus = 202
    await vi.advanceTimersByTimeAsync(60_000)
    const last = page.posts
      .flatMap(({ events }) => events)
      .filter(({ eventID }) => eventID === 'a')
      .at(-1)
    expect(last?.ttp).toBe(ttp)
  })
})
