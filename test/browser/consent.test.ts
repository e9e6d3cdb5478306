import { beforeEach, describe, expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser, type Stage } from './in-each-browser.ts'
import {
  atRest,
  consent,
  has,
  heldTimers,
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

const config: Config = { pixelId, load: 'immediate', consent: 'require', relay }
const { relay: _, ...withoutRelay } = config
const order = { id: '1001', total_price: 20, currency: 'EUR', $email: 'jane@example.com' }
const calls = `converge.track('$page_load', {}, { eventID: 'view' }); converge.track('Placed Order', ${JSON.stringify(order)})`
const granted = { analytics: 'granted', marketing: 'granted' } as const
const denied = { analytics: 'denied', marketing: 'denied' } as const

/** Notes each read of the device. */
const listen = `<script>
  window.reads = []
  const { getItem } = Storage.prototype
  Storage.prototype.getItem = function (key) { reads.push(key); return getItem.call(this, key) }
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie')
  Object.defineProperty(document, 'cookie', {
    get() { reads.push('cookie'); return cookie.get.call(document) },
    set(value) { cookie.set.call(document, value) },
    configurable: true,
  })
</script>`
const readsOf = (page: Page) => page.evaluate(() => [...new Set<string>(Reflect.get(window, 'reads'))])

/** What a page has kept. */
const keptIn = (page: Page) =>
  page.evaluate(() => {
    Reflect.deleteProperty(document, 'cookie') // the listener's
    return { keys: Object.keys({ ...localStorage }), cookie: document.cookie }
  })

const othersThanTheShop = ({ network }: Stage) =>
  network.log.map(({ host }) => host).filter((host) => !shop.includes(host))

inEachBrowser((stage) => {
  beforeEach(() => {
    stage.network.tiktok.faults.main.after = 0
  })

  const tiktok = () => stage.network.tiktok

  test('under require nothing is requested, stored or read before a grant; then held events are sent', async () => {
    const host = serveRelay(stage)
    const page = await visit(stage, listen + pageOf('script tag', config, calls))
    expect(await resultOf(page, { eventID: '1001' })).toMatchObject({ status: 'no_consent', reason: 'undecided' })
    await atRest(page)
    expect(othersThanTheShop(stage)).toEqual([])
    expect(stage.network.strays).toEqual([])
    expect(await readsOf(page)).toEqual(['converge.consent']) // has the visitor decided before?
    expect(await keptIn(page)).toEqual({ keys: [], cookie: '' })

    await consent(page, granted)
    expect(told(await tiktok().waitForHits(has('1001')))).toEqual(['Pageview view', 'Purchase 1001'])
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001', pixel: true, consent: granted }])
  })

  test('a denial leaves no request, no cookie, and no key except the decision itself', async () => {
    serveRelay(stage)
    const page = await visit(stage, listen + pageOf('script tag', config, calls))
    await consent(page, denied)
    expect(await resultOf(page, { eventID: '1001', reason: 'denied' })).toMatchObject({ status: 'no_consent' })
    expect(await track(page, 'Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
    await atRest(page)
    expect(othersThanTheShop(stage)).toEqual([])
    expect(await keptIn(page)).toEqual({ keys: ['converge.consent'], cookie: '' })
  })

  test('a grant on page one is remembered on page two', async () => {
    const host = serveRelay(stage)
    const two = pageOf('script tag', config, `converge.track('Searched', {}, { eventID: 'two' })`)
    serveShop(stage, { '/': pageOf('script tag', config), '/two': two })
    const page = await stage.open(shop)
    await consent(page, granted)
    await page.goto(`${shop}two`)
    expect(told(await tiktok().waitForHits(has('two')))).toEqual(['Search two'])
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: 'two', consent: granted }])
  })

  // Once is enough for what does not depend on the browser.
  if (stage.name !== 'chromium') return

  /** Resolves with the requests before it. */
  const hitsBefore = async (page: Page) => {
    await page.evaluate(() => window.ttq.track('End', {}, { event_id: 'end' }))
    return told(await tiktok().waitForHits(has('end'))).slice(0, -1)
  }

  test('a denial on page one is remembered on page two', async () => {
    serveRelay(stage)
    serveShop(stage, { '/': pageOf('script tag', config), '/two': pageOf('script tag', config, calls) })
    const page = await stage.open(shop)
    await consent(page, denied)
    await page.goto(`${shop}two`)
    expect(await resultOf(page, { eventID: '1001' })).toMatchObject({ status: 'no_consent', reason: 'denied' })
    await atRest(page)
    expect(othersThanTheShop(stage)).toEqual([])
  })

  test('a grant queued in the stub applies from the first event on', async () => {
    const calls = `converge.consent({ marketing: 'granted' }); converge.track('Searched', {}, { eventID: 'one' })`
    await visit(stage, pageOf('script tag', withoutRelay, calls))
    expect(told(await tiktok().waitForHits(has('one')))).toEqual(['Search one'])
  })

  test('a category that is left out of a decision is denied', async () => {
    const page = await visit(stage, pageOf('script tag', config, `converge.consent({ analytics: 'granted' })`))
    expect(await track(page, 'Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
  })

  describe.each(['implied', 'require'] as const)('under %s', (mode) => {
    test('withdrawn consent stops both copies, and removes every key and cookie of this library', async () => {
      const host = serveRelay(stage)
      serveShop(stage, { '/': pageOf('script tag', { ...config, consent: mode }) })
      const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
      await consent(page, granted)
      await stateOf(page, { pixel: 'live' })
      await track(page, 'Placed Order', order)
      await tiktok().waitForHits(has('1001'))
      await host.waitForTaken(1)
      const before = await keptIn(page)
      expect(before.keys.length).toBeGreaterThan(2)
      expect(before.cookie).toMatch('converge.')
      expect(before.cookie).toMatch('_ttp=')

      await consent(page, denied)
      expect(await track(page, 'Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
      const { keys, cookie } = await keptIn(page)
      expect(keys).toEqual(['converge.consent'])
      expect(cookie).not.toMatch(/converge|_ttp/)
      // TikTok's pixel has stopped too, for other callers: what they track now never leaves.
      await page.evaluate(() => window.ttq.track('Theirs'))
      await atRest(page)
      expect(host.requests()).toHaveLength(1)

      await consent(page, granted)
      await track(page, 'Searched', {}, { eventID: 'again' })
      expect(told(await tiktok().waitForHits(has('again')))).toEqual(['Purchase 1001', 'Search again'])
      expect((await host.waitForTaken(2)).map(({ eventID }) => eventID)).toEqual(['1001', 'again'])
    })
  })

  test('a denial in the task of an event stops its server copy', async () => {
    const host = serveRelay(stage)
    const page = await visit(stage, pageOf('script tag', { ...config, consent: 'implied' }))
    await stateOf(page, { pixel: 'live' })
    await page.evaluate(() => {
      window.converge?.track?.('Searched', {}, { eventID: 'one' })
      window.converge?.consent?.({})
    })
    await atRest(page)
    expect(host.requests()).toEqual([])
  })

  test('a denial drops events that wait for the relay: no later request contains them, on this page or the next', async () => {
    const host = serveRelay(stage, 503)
    const html = heldTimers + pageOf('script tag', { ...config, consent: 'implied' })
    serveShop(stage, { '/': html, '/two': html })
    const page = await stage.open(shop)
    await track(page, 'Searched', {}, { eventID: 'one' })
    await resultOf(page, { eventID: 'one', status: 'retry' })
    await consent(page, denied)
    host.status = 202
    await page.evaluate('timePasses()')
    await atRest(page)
    await page.goto(`${shop}two`)
    await atRest(page)
    expect(host.requests()).toHaveLength(1)
    expect(host.taken).toEqual([])
  })

  test("always_server undecided: the server copy carries only the call's own data; the browser copy is held until granted", async () => {
    const host = serveRelay(stage)
    const html = pageOf('script tag', { ...config, consent: 'always_server' }, calls)
    serveShop(stage, { '/': listen + html })
    const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
    const [event] = await host.waitForTaken(1)
    expect(event).toMatchObject({ eventID: '1001', pixel: false, consent: {} })
    expect(Object.keys(event?.user ?? {})).toEqual(['email'])
    expect([event?.ttclid, event?.ttp, event?.locale]).toEqual([undefined, undefined, undefined])
    await atRest(page)
    expect(await readsOf(page)).toEqual(['converge.consent'])
    expect(await keptIn(page)).toEqual({ keys: [], cookie: '' })
    expect(tiktok().requests).toEqual([])

    await consent(page, granted)
    await stateOf(page, { pixel: 'live' })
    expect(await hitsBefore(page)).toEqual(['Pageview view', 'Purchase 1001'])
    expect(host.taken).toHaveLength(1)
  })

  test('a grant and a denial in one tab hold in the other one', async () => {
    const host = serveRelay(stage)
    const page = await visit(stage, pageOf('script tag', config))
    const other = await stage.newPage({ shared: page })
    await other.goto(shop)
    expect(await track(page, 'Placed Order', order)).toMatchObject({ status: 'no_consent' })
    await consent(other, granted)
    await host.waitForTaken(1)
    // A pixel that still loads requests its scripts after the denial, too.
    for (const tab of [page, other]) await stateOf(tab, { pixel: 'live' })
    await consent(other, denied)
    await expect.poll(async () => (await track(page, 'Searched', { query: 'cap' }))?.status).toBe('no_consent')
    expect([...page.consoleErrors, ...other.consoleErrors]).toEqual([])
    const sent = stage.network.log.length
    await track(page, 'Searched', { query: 'hat' })
    await atRest(page)
    expect(stage.network.log.slice(sent).filter(({ path }) => path !== '/at-rest')).toEqual([])
    expect(host.taken.map(({ eventID }) => eventID)).toEqual(['1001'])
  })

  test('always_server denied: only the server copy is sent', async () => {
    const host = serveRelay(stage)
    const page = await visit(stage, pageOf('script tag', { ...config, consent: 'always_server' }))
    await consent(page, denied)
    expect(await track(page, 'Placed Order', order)).toMatchObject({ status: 'success', reason: 'denied' })
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001', pixel: false, consent: denied }])
    expect(tiktok().requests).toEqual([])
    expect(await keptIn(page)).toEqual({ keys: ['converge.consent'], cookie: '' })
  })

  test('implied undecided: both copies are sent', async () => {
    const host = serveRelay(stage)
    await visit(stage, pageOf('script tag', { ...config, consent: 'implied' }, calls))
    expect(told(await tiktok().waitForHits(has('1001')))).toEqual(['Pageview view', 'Purchase 1001'])
    await host.waitForTaken(1)
  })

  test('always denied: both copies are sent', async () => {
    const host = serveRelay(stage)
    const page = await visit(stage, pageOf('script tag', { ...config, consent: 'always' }))
    await consent(page, denied)
    await track(page, 'Placed Order', order)
    expect(told(await tiktok().waitForHits(has('1001')))).toEqual(['Purchase 1001'])
    await host.waitForTaken(1)
  })
})
