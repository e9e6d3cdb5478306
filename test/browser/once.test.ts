import { beforeEach, expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { type Hit, never } from '../tiktok/pixel-host.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import {
  atRest,
  has,
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
} from './shop.ts'

const config: Config = { pixelId, load: 'immediate' }
const order = { id: '1001', total_price: 20, currency: 'EUR' }
const call = (eventName: string, properties: object) => `converge.track('${eventName}', ${JSON.stringify(properties)})`
const thanks = (more: Partial<Config> = {}) => pageOf('script tag', { ...config, ...more }, call('Placed Order', order))
const alreadySent = { eventID: '1001', status: 'skipped', reason: 'already_sent' } as const

inEachBrowser((stage) => {
  beforeEach(() => {
    stage.network.tiktok.faults.main.after = 0
  })

  const tiktok = () => stage.network.tiktok
  /** Once the page's pixel is live, resolves with what has left in all. */
  const hitsUntil = async (page: Page, id: string) => {
    await stateOf(page, { pixel: 'live' })
    await page.evaluate((event_id) => window.ttq.track('End', {}, { event_id }), id)
    return told(await tiktok().waitForHits(has(id))).filter((hit) => !hit.startsWith('End'))
  }

  test('a reloaded thank-you page sends one Purchase in total', async () => {
    serveShop(stage, { '/': thanks() })
    const page = await stage.open(shop)
    expect(await hitsUntil(page, 'end')).toEqual(['Purchase 1001'])
    for (const again of ['again', 'and again']) {
      await page.reload()
      await resultOf(page, alreadySent)
      expect(await hitsUntil(page, again)).toEqual(['Purchase 1001'])
    }
  })

  test('a thank-you page in two tabs sends one Purchase in total', async () => {
    serveShop(stage, { '/': thanks() })
    const page = await stage.open(shop)
    expect(await hitsUntil(page, 'end')).toEqual(['Purchase 1001'])
    const tab = await stage.newPage({ shared: page })
    await tab.goto(shop)
    await resultOf(tab, alreadySent)
    expect(await hitsUntil(tab, 'tab')).toEqual(['Purchase 1001'])
  })

  test('a thank-you page that was closed before events.js loaded sends its order when it is opened again, under the same event_id', async () => {
    tiktok().faults.events.after = never
    serveShop(stage, { '/': thanks() })
    const page = await stage.open(shop)
    expect(await resultOf(page, { eventID: '1001' })).toMatchObject({ status: 'success' })
    const tab = await stage.newPage({ shared: page })
    tiktok().faults.events.after = 0
    await page.goto('about:blank')
    await tab.goto(shop)
    expect(await hitsUntil(tab, 'end')).toEqual(['Purchase 1001'])
  })

  // Once is enough for what does not depend on the browser.
  if (stage.name !== 'chromium') return

  test.each([
    ['throws when it is asked for', `get() { throw new Error('blocked') }`],
    ['is not there', 'value: null'],
    [
      'throws when it is used',
      `value: new Proxy({}, { get() { throw new Error('blocked') }, ownKeys() { throw new Error('blocked') } })`,
    ],
    ['is full', `value: { getItem: () => null, removeItem() {}, setItem() { throw new Error('QuotaExceeded') } }`],
  ])('if storage %s, an order is still sent by both channels, and nothing is logged', async (_, storage) => {
    const host = serveRelay(stage)
    const block = `<script>Object.defineProperty(window, 'localStorage', { ${storage} })</script>`
    serveShop(stage, { '/': block + thanks({ relay }) })
    const page = await stage.open(shop)
    expect(told(await tiktok().waitForHits(has('1001')))).toEqual(['Purchase 1001'])
    await host.waitForTaken(1)
    expect(await track(page, 'Placed Order', order)).toMatchObject(alreadySent) // the page itself remembers
    expect(page.consoleErrors).toEqual([])
  })

  test('an order is still sent if cookies throw', async () => {
    const block = `<script>Object.defineProperty(document, 'cookie', { get() { throw new Error('blocked') }, set() { throw new Error('blocked') } })</script>`
    const host = serveRelay(stage)
    serveShop(stage, { '/': block + thanks({ relay }) })
    const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001', ttclid: 'E.C.P.click' }])
    expect(await resultOf(page, { eventID: '1001' })).toMatchObject({ status: 'success' })
  })

  test('another order, and a subscription with the same ID, are sent', async () => {
    const two = `${call('Placed Order', order)}; ${call('Placed Order', { ...order, id: '1002' })}; ${call('Started Subscription', order)}`
    serveShop(stage, { '/': thanks(), '/two': pageOf('script tag', config, two) })
    const page = await stage.open(shop)
    await stateOf(page, { pixel: 'live' })
    await hitsLeaveAtOnce(page)
    await page.goto(`${shop}two`)
    await stateOf(page, { pixel: 'live' })
    const subscribed = (hits: Hit[]) => hits.some(({ event }) => event === 'Subscribe')
    expect(told(await tiktok().waitForHits(subscribed))).toEqual(['Purchase 1001', 'Purchase 1002', 'Subscribe 1001'])
  })

  test('a Started Subscription is sent once across reloads, under its own ID', async () => {
    serveShop(stage, { '/': pageOf('script tag', config, call('Started Subscription', { ...order, id: 'sub_7' })) })
    const page = await stage.open(shop)
    await stateOf(page, { pixel: 'live' })
    expect(told(await tiktok().waitForHits(has('sub_7')))).toEqual(['Subscribe sub_7'])
    await page.reload()
    await resultOf(page, { ...alreadySent, eventID: 'sub_7' })
  })

  test('an order that the relay acknowledged is not sent again, even if the pixel never loaded', async () => {
    const host = serveRelay(stage)
    tiktok().faults.events.status = 404
    serveShop(stage, { '/': thanks({ relay }) })
    const page = await stage.open(shop)
    await host.waitForTaken(1)
    await resultOf(page, { eventID: '1001', status: 'success', reason: 'pixel_blocked' })
    await expect.poll(() => keysOf(page, 'sent')).toHaveLength(1)
    tiktok().faults.events.status = 200
    await page.reload()
    await resultOf(page, alreadySent)
    await stateOf(page, { pixel: 'live' })
    await atRest(page)
    expect(host.taken).toHaveLength(1)
    expect(told(tiktok().hits)).toEqual([])
  })

  test('an order that no channel has accepted is sent again on a reload, under the same event_id', async () => {
    const host = serveRelay(stage, 400)
    tiktok().faults.events.status = 404
    serveShop(stage, { '/': thanks({ relay }) })
    const page = await stage.open(shop)
    await resultOf(page, { eventID: '1001', status: 'failure' })
    tiktok().faults.events.status = 200
    host.status = 202
    await page.reload()
    expect(told(await tiktok().waitForHits(has('1001')))).toEqual(['Purchase 1001'])
    expect((await host.waitForTaken(1)).map(({ eventID }) => eventID)).toEqual(['1001'])
  })

  test("a caller's own ID is sent once in a document, and again in the next", async () => {
    const twice = `${call('Searched', {}).replace(')', `, { eventID: 'mine' })`)};`.repeat(2)
    serveShop(stage, { '/': pageOf('script tag', config, twice) })
    const page = await stage.open(shop)
    await resultOf(page, { ...alreadySent, eventID: 'mine' })
    await tiktok().waitForHits(has('mine'))
    await page.reload()
    expect(told(await tiktok().waitForHits(2))).toEqual(['Search mine', 'Search mine'])
  })

  test('orders are remembered for 90 days, and at most 200 of them', async () => {
    const many = Array.from({ length: 250 }, (_, index) => [`old${index}`, index < 20 ? 91 : 1] as const)
    const fill = `<script>for (const [id, days] of ${JSON.stringify(many)})
      localStorage.setItem('converge.${pixelId}.sent.Placed Order.' + id, Date.now() - days * 86400000)</script>`
    serveShop(stage, { '/': fill + thanks() })
    const page = await stage.open(shop)
    await stateOf(page, { pixel: 'live' })
    expect(await keysOf(page, 'sent')).toHaveLength(201) // those that were left, and this page's own
    expect(await track(page, 'Placed Order', { ...order, id: 'old0' })).toMatchObject({ status: 'success' })
  })
})
