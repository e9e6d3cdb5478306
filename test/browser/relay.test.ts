import { beforeEach, expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { never } from '../tiktok/pixel-host.ts'
import { inEachBrowser } from './in-each-browser.ts'
import {
  atRest,
  has,
  heldTimers,
  hitsLeaveAtOnce,
  keysOf,
  pageOf,
  relay,
  resultOf,
  serveRelay,
  serveShop,
  shop,
  stateOf,
  told,
  track,
  visit,
} from './shop.ts'

const config: Config = { pixelId, load: 'immediate', relay }
const order = {
  id: '1001',
  total_price: 94.8,
  currency: 'eur',
  $email: 'jane@example.com',
  items: [{ product_id: '9010', variant_id: 90101, name: 'Cap', price: '19.9', quantity: 2 }],
}
const thanks = (more: Partial<Config> = {}) =>
  pageOf('script tag', { ...config, ...more }, `converge.track('Placed Order', ${JSON.stringify(order)})`)

inEachBrowser((stage) => {
  beforeEach(() => {
    stage.network.tiktok.faults.main.after = 0
  })

  const tiktok = () => stage.network.tiktok

  test('one Placed Order is a pixel hit and a posted event with the same name, ID, parameters and identity', async () => {
    const host = serveRelay(stage)
    await visit(stage, thanks())
    const hits = await tiktok().waitForHits(has('1001'))
    const [event] = await host.waitForTaken(1)
    const hit = hits.find(({ event_id }) => event_id === '1001')
    expect(event).toMatchObject({ eventName: 'Placed Order', eventID: '1001', pixel: true, page: { url: shop } })
    expect(event?.send).toEqual([{ event: hit?.event, parameters: hit?.properties }])
    // The pixel gets the visitor's ID as the external_id.
    expect({ ...event?.user, external_id: event?.visitor }).toEqual(hit?.context.user)
    const [request] = host.requests()
    expect(request?.headers['content-type']).toMatch(/^text\/plain/) // no preflight
    expect(host.requests()).toHaveLength(1)
  })

  test('the relay copy arrives if events.js is blocked, and the result shows it', async () => {
    const host = serveRelay(stage)
    tiktok().faults.events.status = 404
    const page = await visit(stage, thanks())
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001', send: [{ event: 'Purchase' }] }])
    expect(await resultOf(page, { eventID: '1001', reason: 'pixel_blocked' })).toMatchObject({ status: 'success' })
    expect(tiktok().hits).toEqual([])
  })

  test('an event that failed because the relay was down is sent by the next page, once', async () => {
    const host = serveRelay(stage, 503)
    serveShop(stage, { '/': thanks(), '/two': pageOf('script tag', config) })
    const page = await stage.open(shop)
    expect(await resultOf(page, { status: 'retry' })).toMatchObject({ eventID: '1001', reason: 'relay_down' })
    host.status = 202
    await page.goto(`${shop}two`)
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001', eventName: 'Placed Order' }])
    await expect.poll(() => keysOf(page, 'outbox')).toEqual([])
    await page.reload()
    await stateOf(page, { pixel: 'live' })
    await atRest(page)
    expect(host.taken).toHaveLength(1)
  })

  test('an event is delivered if the visitor clicks a link right after track()', async () => {
    const host = serveRelay(stage)
    serveShop(stage, { '/': pageOf('script tag', config), '/next': '<!doctype html><title>Next</title>' })
    const page = await stage.open(shop)
    await hitsLeaveAtOnce(page)
    await page.evaluate(() => {
      const link = document.createElement('a')
      link.href = '/next'
      document.body.append(link)
      window.converge?.track?.('Added To Cart', { product_id: '1' }, { eventID: 'added' })
      link.click()
    })
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: 'added' }])
    expect(told(await tiktok().waitForHits(has('added')))).toEqual(['AddToCart added'])
  })

  // Once is enough for what does not depend on the browser.
  if (stage.name !== 'chromium') return

  test('an unreachable relay has the same result as one that fails', async () => {
    serveShop(stage, { '/': thanks(), '/two': pageOf('script tag', config) })
    const page = await stage.open(shop)
    await resultOf(page, { eventID: '1001', status: 'retry', reason: 'relay_down' })
    expect(await stateOf(page, { relay: 'down' })).toMatchObject({ outbox: 1 })
    const host = serveRelay(stage)
    await page.goto(`${shop}two`)
    await host.waitForTaken(1)
    await expect.poll(() => keysOf(page, 'outbox')).toEqual([])
  })

  test('the page retries by itself, with a pause', async () => {
    const host = serveRelay(stage, 503)
    const page = await visit(stage, heldTimers + thanks())
    await resultOf(page, { eventID: '1001', status: 'retry' })
    await atRest(page)
    expect(host.requests()).toHaveLength(1)
    await page.evaluate('timePasses()')
    await expect.poll(() => page.evaluate('later.length')).toBe(1) // refused again
    expect(host.requests()).toHaveLength(2)
    host.status = 202
    await page.evaluate('timePasses()')
    await host.waitForTaken(1)
    await resultOf(page, { eventID: '1001', status: 'success' })
    await expect.poll(() => keysOf(page, 'outbox')).toEqual([])
  })

  test.each([408, 429, 500, 503])('an answer of %i is retried later', async (status) => {
    serveRelay(stage, status)
    const page = await visit(stage, thanks())
    await resultOf(page, { eventID: '1001', status: 'retry' })
  })

  test.each([400, 403, 413])(
    'an answer of %i is final: the event is not retried, now or on the next page',
    async (status) => {
      const host = serveRelay(stage, status)
      serveShop(stage, { '/': heldTimers + thanks(), '/two': pageOf('script tag', config) })
      const page = await stage.open(shop)
      await stateOf(page, { relay: 'refused' })
      await page.evaluate('timePasses()')
      await page.goto(`${shop}two`)
      await stateOf(page, { pixel: 'live' })
      await atRest(page)
      expect(host.requests()).toHaveLength(1)
    },
  )

  test('the event fails if the relay refuses it and the pixel is blocked', async () => {
    serveRelay(stage, 403)
    tiktok().faults.events.status = 404
    const page = await visit(stage, thanks())
    await resultOf(page, { eventID: '1001', status: 'failure' })
  })

  test('the events of one task are one request', async () => {
    const host = serveRelay(stage)
    const page = await visit(stage, pageOf('script tag', config))
    await page.evaluate(() => {
      for (const eventID of ['1', '2', '3']) window.converge?.track?.('Searched', {}, { eventID })
    })
    expect((await host.waitForTaken(3)).map(({ eventID }) => eventID)).toEqual(['1', '2', '3'])
    expect(host.requests()).toHaveLength(1)
  })

  test('the request is sent in the same task with keepalive: a page that is closed at once loses nothing', async () => {
    const host = serveRelay(stage)
    tiktok().faults.events.after = never
    const page = await visit(stage, pageOf('script tag', config))
    await stateOf(page, { pixel: 'waiting' })
    await page.evaluate(() => {
      window.converge?.track?.('Searched', {}, { eventID: 'last' })
      location.href = 'about:blank'
    })
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: 'last' }])
  })

  test('orders too large for keepalive still arrive', async () => {
    const host = serveRelay(stage)
    const page = await visit(stage, pageOf('script tag', config))
    await page.evaluate(() => {
      const items = Array.from({ length: 300 }, (_, index) => ({
        product_id: `${index}`,
        name: '\u6f22'.repeat(60),
        price: 1,
        quantity: 1,
      }))
      for (const id of ['1', '2', '3', '4'])
        window.converge?.track?.('Placed Order', { id, total_price: 300, currency: 'EUR', items })
    })
    const taken = await host.waitForTaken(4)
    expect(taken.map(({ eventID }) => eventID).sort()).toEqual(['1', '2', '3', '4'])
  })

  test('while a page retries, no other tab posts its events', async () => {
    const host = serveRelay(stage, 503)
    serveShop(stage, { '/': heldTimers + thanks(), '/two': heldTimers + pageOf('script tag', config) })
    const page = await stage.open(shop)
    await resultOf(page, { eventID: '1001', status: 'retry' })
    host.status = 202
    const tab = await stage.newPage({ shared: page })
    await tab.goto(`${shop}two`)
    await stateOf(tab, { pixel: 'live' })
    await atRest(tab)
    expect(host.taken).toEqual([])
    await page.evaluate('timePasses()')
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001' }])
    await expect.poll(() => keysOf(page, 'outbox')).toEqual([])
    await tab.evaluate('timePasses()')
    await atRest(tab)
    expect(host.taken).toHaveLength(1)
  })

  test('a frozen tab holds its events for at most 30 s: then another tab posts them', async () => {
    const host = serveRelay(stage, 503)
    const slow = '<script>window.passed = 0; const { now } = Date; Date.now = () => now() + passed</script>'
    serveShop(stage, { '/': heldTimers + thanks(), '/two': slow + heldTimers + pageOf('script tag', config) })
    const frozen = await stage.open(shop)
    await resultOf(frozen, { eventID: '1001', status: 'retry' })
    host.status = 202
    const tab = await stage.newPage({ shared: frozen })
    await tab.goto(`${shop}two`)
    await stateOf(tab, { pixel: 'live' })
    await tab.evaluate('passed = 25000; timePasses()') // too early
    await atRest(tab)
    expect(host.taken).toEqual([])
    await tab.evaluate('passed = 31000; timePasses()')
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001' }])
    await expect.poll(() => keysOf(tab, 'outbox')).toEqual([])
  })

  test('a page that is left releases its lease: the next one posts its events at once', async () => {
    const host = serveRelay(stage, 503)
    serveShop(stage, { '/': heldTimers + thanks(), '/two': heldTimers + pageOf('script tag', config), '/blank': '' })
    const page = await stage.open(shop)
    await resultOf(page, { eventID: '1001', status: 'retry' })
    const leases = () =>
      page.evaluate(() =>
        Object.keys(localStorage)
          .filter((key) => key.includes('.outbox.'))
          .map((key) => JSON.parse(localStorage.getItem(key) ?? '').lease > Date.now()),
      )
    expect(await leases()).toEqual([true])
    await page.goto(`${shop}blank`)
    expect(await leases()).toEqual([false])
    host.status = 202
    await page.goto(`${shop}two`)
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001' }])
  })

  test('of two tabs opened after a page that could not deliver, at least one sends the event, and none is left in storage', async () => {
    const host = serveRelay(stage, 503)
    serveShop(stage, { '/': thanks(), '/two': pageOf('script tag', config), '/blank': '' })
    const page = await stage.open(shop)
    await resultOf(page, { eventID: '1001', status: 'retry' })
    await page.goto(`${shop}blank`)
    host.status = 202
    const tabs = await Promise.all([1, 2].map(() => stage.newPage({ shared: page })))
    await Promise.all(tabs.map((tab) => tab.goto(`${shop}two`)))
    await host.waitForTaken(1)
    for (const tab of tabs) {
      await stateOf(tab, { pixel: 'live' })
      await atRest(tab)
    }
    expect(new Set(host.taken.map(({ eventID }) => eventID))).toEqual(new Set(['1001']))
    expect(await page.evaluate(() => Object.keys(localStorage).join())).not.toContain('outbox')
  })

  test("an event older than TikTok's deduplication time is neither sent nor kept", async () => {
    const host = serveRelay(stage, 503)
    const twoDaysLater = `<script>const { now } = Date; Date.now = () => now() + ${48 * 3_600_000}</script>`
    serveShop(stage, { '/': thanks(), '/two': twoDaysLater + pageOf('script tag', config) })
    const page = await stage.open(shop)
    await resultOf(page, { eventID: '1001', status: 'retry' })
    host.status = 202
    await page.goto(`${shop}two`)
    await stateOf(page, { pixel: 'live' })
    await page.reload()
    await stateOf(page, { pixel: 'live' })
    await atRest(page)
    expect(await keysOf(page, 'outbox')).toEqual([])
    expect(host.taken).toEqual([])
  })

  test('server_only: only the relay sends, and TikTok is not contacted', async () => {
    const host = serveRelay(stage)
    const page = await visit(stage, thanks({ mapping: { mode: 'server_only' } }))
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001', pixel: false }])
    expect(await resultOf(page, { eventID: '1001' })).toMatchObject({ status: 'success' })
    expect(tiktok().requests).toEqual([])
    expect(await page.evaluate(() => window.ttq ?? 'none')).toBe('none')
  })

  test('a page view is sent only by the pixel, unless its row sets both', async () => {
    const host = serveRelay(stage)
    const page = await visit(stage, pageOf('script tag', config))
    await track(page, '$page_load', {}, { eventID: 'view' })
    await track(page, 'Searched', {}, { eventID: 'end' })
    expect((await host.waitForTaken(1)).map(({ eventID }) => eventID)).toEqual(['end'])
    const rows = { events: { $page_load: { event: 'PageView', forward: 'client_and_server' } } } as const
    const both = await visit(stage, pageOf('script tag', { ...config, mapping: rows }))
    await track(both, '$page_load', {}, { eventID: 'both' })
    const [event] = await host.takenOf('both')
    expect(event?.send).toEqual([{ event: 'Pageview', parameters: {} }])
    expect(told(await tiktok().waitForHits(has('both')))).toContain('Pageview both')
  })

  test('personal data and secrets are removed from the URL that is posted', async () => {
    const host = serveRelay(stage)
    serveShop(stage, { '/': pageOf('script tag', config) })
    const page = await stage.open(`${shop}?email=jane%40example.com&key=secret&utm_source=tiktok#jane@example.com`)
    await track(page, 'Searched', {}, { eventID: 'one' })
    const [event] = await host.waitForTaken(1)
    expect(JSON.stringify(event)).not.toMatch(/jane|secret/)
    expect(event?.page.url).toMatch('utm_source=tiktok')
  })

  test('a test code marks the events of its tab', async () => {
    const host = serveRelay(stage)
    serveShop(stage, { '/': pageOf('script tag', config) })
    const page = await stage.open(`${shop}?converge_test=TEST12345`)
    await track(page, 'Searched', {}, { eventID: 'one' })
    expect(await host.waitForTaken(1)).toMatchObject([{ test: 'TEST12345' }])
    await page.goto(shop)
    await track(page, 'Searched', {}, { eventID: 'two' })
    expect(await host.takenOf('two')).toMatchObject([{ test: 'TEST12345' }])
    const other = await stage.newPage({ shared: page })
    await other.goto(shop)
    await track(other, 'Searched', {}, { eventID: 'three' })
    const [event] = await host.takenOf('three')
    expect(event).toBeDefined()
    expect(event?.test).toBeUndefined()
  })
})
