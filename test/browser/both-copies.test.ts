import { expect, test } from 'vitest'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import { defaultMapping } from '../../src/tiktok/default-mapping.ts'
import { mappingCases } from '../cases/mapping.ts'
import type { AcceptedEvent } from '../tiktok/events-api-host.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import { playEventsApi, serveForwarder } from './built-forwarder.ts'
import { inEachBrowser, type Stage } from './in-each-browser.ts'
import { atRest, consent, has, keysOf, resultOf, serveShop, shop, stateOf, stub, told, track } from './shop.ts'

// The built script and the built forwarder, with both of TikTok's hosts played: what reaches the two.

const forwarderUrl = 'https://forwarder.shop.test/tiktok'
const accessToken = 'secret-access-token'
const origin = shop.slice(0, -1)

const order = {
  id: '1001',
  total_price: 94.8,
  total_tax: 14.3,
  currency: 'EUR',
  $email: 'Jane@Example.com',
  $phone_number: '+1 (917) 123-4567',
  $is_new_customer: true,
  items: [
    { product_id: '9010', variant_id: 90101, name: 'Cap', price: '19.9', quantity: 2 },
    { product_id: '9020', name: 'Bag', price: 45, quantity: 1 },
  ],
}
const script = (source: string) => `<script>${source}</script>`
/** The forwarder's script contains its config, so the tag names no pixel. */
const install = `<!doctype html><title>Shop</title>${script(stub)}<script async src="${forwarderUrl}/converge.js"></script>`
const call = (eventName: string, properties: object) => `converge.track('${eventName}', ${JSON.stringify(properties)});`
const thanks = install + script(call('Placed Order', order))

const withoutEnrich = (hits: Hit[]) => hits.filter(({ event }) => event !== 'EnrichAM')

/** What both copies must say alike. */
const ofHit = ({ event, event_id, properties, context: { user } }: Hit) => ({ event, event_id, properties, ...user })
const ofAccepted = ({
  event,
  event_id,
  properties,
  user: { email, phone: phone_number, external_id },
}: AcceptedEvent) => ({
  event,
  event_id,
  properties,
  ...JSON.parse(JSON.stringify({ email, phone_number, external_id })),
})

const eventsApi = await playEventsApi(accessToken)

interface Mounted {
  /** Nobody answers a page's post. */
  isDown: boolean
  /** Milliseconds that the forwarder's clock is ahead. */
  ahead: number
}

/** Mounts a forwarder below a path of a host of its own. */
function mount(stage: Stage, config: Partial<ForwarderConfig> = {}): Mounted {
  const mounted: Mounted = { isDown: false, ahead: 0 }
  serveForwarder(
    stage,
    new URL(forwarderUrl).hostname,
    { accessToken, allowedOrigins: [origin], eventsApiUrl: eventsApi.url, ...config },
    { isDown: () => mounted.isDown, now: () => Date.now() + mounted.ahead },
  )
  return mounted
}

inEachBrowser((stage) => {
  const tiktok = () => stage.network.tiktok

  test('one Placed Order is a pixel hit and an Events API event with the same name, ID, parameters and identity', async () => {
    mount(stage)
    serveShop(stage, { '/': thanks })
    const page = await stage.open(shop)
    const accepted = await eventsApi.waitForAccepted(2)
    const hits = withoutEnrich(await tiktok().waitForHits((hits) => withoutEnrich(hits).length === 2))
    expect(accepted.map(({ event, event_id }) => `${event} ${event_id}`)).toEqual([
      'Purchase 1001',
      'NewCustomerPurchase 1001',
    ])
    expect(accepted.map(ofAccepted)).toEqual(hits.map(ofHit))
    expect(Object.keys(ofHit(hits[0] ?? expect.fail()))).toEqual(
      expect.arrayContaining(['properties', 'email', 'phone_number', 'external_id']),
    )
    expect(accepted[0]?.properties).toMatchObject({ value: 94.8, currency: 'EUR', order_id: '1001', num_items: 3 })
    expect(accepted[0]?.user.user_agent).toBe(await page.evaluate('navigator.userAgent'))
    expect(accepted[0]?.page.url).toBe(shop)
    const now = Date.now() / 1000
    expect(Math.abs((accepted[0]?.event_time ?? 0) - now)).toBeLessThan(30)
    expect(eventsApi.requests.every(({ code }) => code === 0)).toBe(true)
  })

  test('the server copy arrives once if events.js is blocked', async () => {
    mount(stage)
    tiktok().faults.events.status = 404
    serveShop(stage, { '/': thanks })
    const page = await stage.open(shop)
    await resultOf(page, { eventID: '1001', status: 'success', reason: 'pixel_blocked' })
    await expect.poll(() => keysOf(page, 'sent')).toHaveLength(1)
    await page.reload()
    await resultOf(page, { eventID: '1001', status: 'skipped', reason: 'already_sent' })
    await atRest(page)
    expect(eventsApi.accepted).toHaveLength(2)
  })

  // Once is enough for what does not depend on the browser.
  if (stage.name !== 'chromium') return

  test('all 13 events of the default mapping are the same in both copies', async () => {
    mount(stage)
    const calls = Object.keys(defaultMapping).map((name) => {
      const [eventName, properties = {}] = mappingCases.find(({ track }) => track[0] === name)?.track ?? expect.fail()
      return call(eventName, { ...properties, $email: order.$email })
    })
    expect(calls).toHaveLength(13)
    serveShop(stage, {
      '/': install + script(`${calls.join('\n')}; converge.track('Searched', { q: 'end' }, { eventID: 'end' })`),
    })
    await stage.open(shop)
    const hits = withoutEnrich(await tiktok().waitForHits(has('end')))
    const accepted = await eventsApi.waitForAccepted((events) => events.some(({ event_id }) => event_id === 'end'))
    expect(hits).toHaveLength(14)
    const [pageView, ...others] = hits
    expect(pageView?.event).toBe('Pageview') // for the pixel only
    expect(accepted.map(ofAccepted)).toEqual(others.map(ofHit))
    expect(new Set(accepted.map(({ event, event_id }) => `${event} ${event_id}`)).size).toBe(13)
  })

  test.each([
    ['answers nobody', { hangUp: 'at once' }],
    ['answers 503', { status: 503 }],
    ['answers with code 50000', { code: 50000 }],
  ] as const)('while TikTok %s the page keeps its order, and the next page delivers it, once', async (_, fault) => {
    const mounted = mount(stage)
    eventsApi.faults.always = fault
    serveShop(stage, { '/': thanks, '/two': install })
    const page = await stage.open(shop)
    await resultOf(page, { eventID: '1001', status: 'retry', reason: 'relay_down' })
    eventsApi.faults.always = {}
    mounted.ahead = 60_000 // its backoff is over
    await page.goto(`${shop}two`)
    await eventsApi.waitForAccepted(2)
    await expect.poll(() => keysOf(page, 'outbox')).toEqual([])
    await page.reload()
    await stateOf(page, { pixel: 'live' })
    await atRest(page)
    expect(eventsApi.accepted.map(({ event, event_id }) => `${event} ${event_id}`)).toEqual([
      'Purchase 1001',
      'NewCustomerPurchase 1001',
    ])
  })

  test('a server copy that failed because the forwarder was down is sent by the next page', async () => {
    const mounted = mount(stage)
    mounted.isDown = true
    serveShop(stage, { '/': thanks, '/two': install })
    const page = await stage.open(shop)
    await resultOf(page, { eventID: '1001', status: 'retry', reason: 'relay_down' })
    const tracked = Date.now()
    mounted.isDown = false
    await page.goto(`${shop}two`)
    const [event] = await eventsApi.waitForAccepted(2)
    expect(event?.event_time).toBeLessThanOrEqual(tracked / 1000) // when it was tracked, not when it came
  })

  test("the forwarder's config applies to the page too: filters, content IDs, mapping and consent", async () => {
    mount(stage, {
      contentId: 'product_id',
      consent: 'require',
      filters: [{ event: 'Added To Cart', any: [{ property: 'price', operator: 'greater_than', value: 10 }] }],
      mapping: { events: { 'Viewed Cart': 'ViewCart' } },
    })
    serveShop(stage, { '/': install })
    const page = await stage.open(shop)
    const item = { product_id: '9010', variant_id: '90101', name: 'Cap', quantity: 1, currency: 'EUR' }
    expect(await track(page, 'Added To Cart', { ...item, price: 5 })).toMatchObject({ status: 'no_consent' })
    await atRest(page)
    expect(tiktok().requests).toEqual([])
    expect(eventsApi.requests).toEqual([])
    await consent(page, { analytics: 'granted', marketing: 'granted' })
    await track(page, 'Added To Cart', { ...item, price: 15 }, { eventID: 'added' })
    await track(page, 'Viewed Cart', { items: [item] }, { eventID: 'cart' })
    const accepted = await eventsApi.waitForAccepted(2)
    const hits = withoutEnrich(await tiktok().waitForHits(has('cart')))
    expect(told(hits)).toEqual(['AddToCart added', 'ViewCart cart'])
    expect(accepted.map(ofAccepted)).toEqual(hits.map(ofHit))
    expect(accepted[0]?.properties.contents?.[0]?.content_id).toBe('9010')
  })

  test('files loaded on demand come from the forwarder too', async () => {
    mount(stage, { consent: 'require', consentFrom: ['google'] })
    const layer = `window.dataLayer = []; function gtag() { dataLayer.push(arguments) }
      gtag('consent', 'update', { ad_storage: 'granted', ad_user_data: 'granted', analytics_storage: 'granted' })`
    serveShop(stage, { '/': script(layer) + thanks })
    await stage.open(shop)
    await eventsApi.waitForAccepted(2)
    const both = (hits: Hit[]) => withoutEnrich(hits).length === 2
    expect(told(await tiktok().waitForHits(both))).toEqual(['Purchase 1001', 'NewCustomerPurchase 1001'])
    expect(stage.network.log.map(({ host, path }) => host + path)).toContain('forwarder.shop.test/tiktok/consent.js')
  })

  test('an origin unknown to the forwarder is refused, and the pixel copy is still sent', async () => {
    mount(stage, { allowedOrigins: ['https://other.test'] })
    serveShop(stage, { '/': thanks })
    const page = await stage.open(shop)
    expect(told(await tiktok().waitForHits(has('1001')))).toContain('Purchase 1001')
    await stage.network.waitForRequest(({ path }) => path.endsWith('/events'))
    await atRest(page)
    expect(eventsApi.requests).toEqual([])
  })

  test('events of a sandboxed page are accepted if the forwarder allows `null`', async () => {
    mount(stage, { allowedOrigins: ['null'] })
    serveShop(stage, {
      '/': '<!doctype html><title>Shop</title><iframe sandbox="allow-scripts" src="/sandbox"></iframe>',
      '/sandbox': thanks.replace(
        stub,
        `${stub}; converge.init({ context: { url: '${shop}checkout', ttclid: 'E.C.P.click' } })`,
      ),
    })
    await stage.open(shop)
    const [event] = await eventsApi.waitForAccepted(2)
    expect(event).toMatchObject({
      event: 'Purchase',
      page: { url: `${shop}checkout` },
      user: { ttclid: 'E.C.P.click' },
    })
  })

  test('a browser clock that is wrong by a day does not change event_time', async () => {
    mount(stage)
    const wrong = `const { now } = Date; Date.now = () => now() - 86400000`
    serveShop(stage, { '/': script(wrong) + thanks })
    await stage.open(shop)
    const [event] = await eventsApi.waitForAccepted(2)
    expect(Math.abs((event?.event_time ?? 0) - Date.now() / 1000)).toBeLessThan(30)
  })
})
