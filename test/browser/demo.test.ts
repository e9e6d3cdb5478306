import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { createDemo } from '../../examples/demo/demo.ts'
import { startDemo } from '../../examples/demo/server.ts'
import type { Row } from '../../examples/demo/tiktok/copies.ts'
import { PATIENCE } from '../patience.ts'
import { driverOf, type Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { hitsLeaveAtOnce } from './shop.ts'

/** The build that the demo's config is served. */
const built = () => readFileSync(new URL('../../dist/converge-shop.js', import.meta.url), 'utf8')

const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

const shop = 'http://localhost'
const patience = { timeout: PATIENCE }

inEachBrowser(
  (stage) => {
    /** A demo of its own for each test, at the browser's localhost. */
    async function open(path: string, pixelId?: string): Promise<Page> {
      const demo = await createDemo({ origins: [shop], pixelId, adminUrl: 'https://ops.localhost/admin' })
      onTestFinished(() => demo.close())
      stage.network.serve('localhost', demo.answer)
      return stage.open(shop + path)
    }

    async function press(page: Page, selector: string): Promise<void> {
      const isThere = () => page.evaluate((wanted) => document.querySelector(wanted) !== null, selector)
      await expect.poll(isThere, patience).toBe(true)
      await page.evaluate((wanted) => document.querySelector<HTMLElement>(wanted)?.click(), selector)
    }

    const textOf = (page: Page, selector: string) =>
      page.evaluate((wanted) => document.querySelector(wanted)?.textContent ?? '', selector)

    /** The list on /tiktok: each event's name, what became of it, and its copies. */
    const listed = (page: Page) =>
      page.evaluate(() => {
        const part = (row: Element, name: string) => row.querySelector(`[data-part=${name}]`)?.textContent ?? ''
        return Array.from(document.querySelectorAll('#events > li'), (row) => ({
          from: part(row, 'from'),
          event: part(row, 'event'),
          kind: part(row, 'kind'),
          id: part(row, 'id'),
          why: part(row, 'why'),
          hit: part(row, 'hit'),
          api: part(row, 'api'),
          origin: part(row, 'origin'),
          isShownMerged: row.querySelector<HTMLElement>('[data-part=merged]')?.hidden === false,
        }))
      })

    const rowOf = async (page: Page, from: string) => (await listed(page)).find((row) => row.from === from)

    const counters = (page: Page): Promise<Record<string, number>> =>
      page.evaluate(() =>
        Object.fromEntries(
          Array.from(document.querySelectorAll<HTMLElement>('.counters [data-counter]'), ({ dataset, textContent }) => [
            dataset.counter,
            Number(textContent),
          ]),
        ),
      )

    /** Answers the banner, and waits until the page may be left. */
    async function accept(page: Page): Promise<void> {
      await press(page, '[data-decide=granted]')
      await hitsLeaveAtOnce(page)
    }

    async function buy(page: Page): Promise<void> {
      await page.goto(`${shop}/products/canvas-tote`)
      await hitsLeaveAtOnce(page)
      await press(page, '[data-add]')
      await expect.poll(() => textOf(page, '[data-cart-count]'), patience).toBe('1')
      await page.goto(`${shop}/checkout`)
      await hitsLeaveAtOnce(page)
      await press(page, '[data-pay]')
      await expect.poll(() => textOf(page, 'h1'), patience).toBe('Thank you, Jane')
      await hitsLeaveAtOnce(page)
    }

    async function play(story: string): Promise<Page> {
      const page = await open('/tiktok')
      await press(page, `[data-story=${story}]`)
      const state = () =>
        page.evaluate(() => document.querySelector<HTMLElement>('[data-outcome]')?.dataset.story ?? 'waits')
      await expect.poll(state, patience).toBe(story)
      return page
    }

    test('first story: the server copy of a purchase arrives while the pixel is blocked', async () => {
      const page = await play('blocked')
      expect(await counters(page)).toMatchObject({ counted: 6, hits: 0, copies: 6, early: 0, cookies: 0 })
      expect(await rowOf(page, 'Placed Order')).toMatchObject({ kind: 'one copy', hit: 'None.' })
      expect(await textOf(page, '[data-outcome]')).toBe(
        'TikTok’s script never loaded: 0 pixel hits. The forwarder sent 6 server copies, including the Purchase.',
      )
    })

    test('second story: reloading a thank-you page five times counts one purchase', async () => {
      const page = await play('reload')
      expect(await counters(page)).toMatchObject({ copies: 6, early: 0 })
      const purchases = (await listed(page)).filter(({ event }) => event === 'Purchase')
      expect(purchases).toHaveLength(1)
      expect(purchases[0]?.why).toMatch('Tracked 6 times, sent once')
      expect(page.consoleErrors).toEqual([])
    })

    test('third story: nothing is sent or stored if consent is rejected', async () => {
      const page = await play('reject')
      expect(await counters(page)).toEqual({
        ...{ counted: 0, hits: 0, copies: 0, requests: 0, early: 0, cookies: 0, waiting: 0 },
      })
      const rows = await listed(page)
      expect(rows[0]).toMatchObject({ from: 'Placed Order', kind: 'not sent', why: 'The visitor denied consent.' })
      expect(rows.every(({ kind }) => kind === 'not sent')).toBe(true)
      expect(page.consoleErrors).toEqual([])
    })

    test('a purchase in the shop is shown in both copies, under one event_id', async () => {
      const page = await open('/')
      await accept(page)
      await buy(page)
      const [, order = ''] = /Order (NL-\d+)/.exec(await textOf(page, 'main')) ?? []
      await page.goto(`${shop}/tiktok`)
      await expect
        .poll(async () => (await listed(page)).find(({ event }) => event === 'Purchase'), patience)
        .toMatchObject({ from: 'Placed Order', kind: 'counted once', id: order })
      const purchase = (await listed(page)).find(({ event }) => event === 'Purchase')
      for (const copy of [purchase?.hit, purchase?.api]) {
        expect(copy).toMatch(`event_id: '${order}'`)
        expect(copy).toMatch("content_id: '410201'")
        expect(copy).toMatch('value: 28.9')
        expect(copy).not.toMatch('jane@')
      }
      expect(purchase).toMatchObject({ origin: 'merged from the page and Shopify', isShownMerged: true })
      // The money and the customer are Shopify's; the click ID, the address and the browser are the page's.
      for (const field of ['phone', 'first_name', 'user_agent', 'url']) expect(purchase?.api).toMatch(`${field}: `)
      expect(purchase?.api.match(/event_id: /g)).toHaveLength(1)
      expect(await textOf(page, '[data-said] li[data-level=info]')).toMatch(/^merged: /)
      expect(await rowOf(page, 'Added Payment Info')).toMatchObject({ event: 'AddPaymentInfo', kind: 'counted once' })
      expect(await rowOf(page, '$page_load')).toMatchObject({ event: 'Pageview', kind: 'one copy' })
      expect(page.consoleErrors).toEqual([])
      expect(stage.network.strays).toEqual([])
      expect(stage.network.tiktok.requests).toEqual([]) // the real address
    })

    test.each([
      [1280, 720],
      [390, 800],
    ])('a purchase can be made by mouse with the inspector open, on a screen of %i × %i', async (width, height) => {
      const page = await open('/products/canvas-tote')
      const mouse = driverOf(page)
      // On a phone it would begin as a badge, and stays as it was put.
      await mouse.waitForSelector('>>> .panel:not([hidden])')
      await mouse.setViewport({ width, height })
      /** Scrolls as a visitor does, until the parts below the panel are at the top. */
      const click = async (selector: string) => {
        await mouse.$eval(selector, (element) => element.scrollIntoView())
        await mouse.click(selector)
      }
      await mouse.waitForSelector('>>> .panel:not([hidden])')
      await click('[data-decide=granted]')
      await click('[data-add]')
      await expect.poll(() => textOf(page, '[data-cart-count]'), patience).toBe('1')
      await page.goto(`${shop}/checkout`)
      await mouse.waitForSelector('>>> .panel:not([hidden])')
      await click('[data-pay]')
      await expect.poll(() => textOf(page, 'h1'), patience).toBe('Thank you, Jane')
    })

    test.each([1200, 1280, 1440, 1520])(
      'a price in the cart is fully visible next to the open inspector, %i px wide',
      async (width) => {
        const page = await open('/products/linen-shirt')
        await driverOf(page).setViewport({ width, height: 720 })
        await press(page, '[data-decide=granted]')
        await press(page, '[data-add]')
        await expect.poll(() => textOf(page, '[data-cart-count]'), patience).toBe('1')
        await page.goto(`${shop}/cart`)
        await driverOf(page).waitForSelector('>>> .panel:not([hidden])')
        const lines = () =>
          page.evaluate(() =>
            [...document.querySelectorAll('.lines li')].map(
              ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth,
            ),
          )
        await expect.poll(lines, patience).toEqual([true])
        await driverOf(page).waitForSelector('>>> .row')
        await driverOf(page).click('>>> .row')
        const isBeside = () =>
          page.evaluate(() => {
            const price = document.querySelector('.lines li')?.getBoundingClientRect().right ?? Number.NaN
            const panel = document.querySelector('converge-inspector')?.getBoundingClientRect().left ?? Number.NaN
            return price < panel
          })
        await expect.poll(isBeside, patience).toBe(true)
      },
    )

    test('nothing is sent before the banner is answered; then waiting events are sent', async () => {
      const page = await open('/products/enamel-mug')
      const tab = await stage.newPage({ shared: page })
      await tab.goto(`${shop}/tiktok`)
      await expect.poll(() => rowOf(tab, 'Viewed Product'), patience).toMatchObject({ kind: 'not sent' })
      expect(await counters(tab)).toMatchObject({ requests: 0, cookies: 0 })
      await press(page, '[data-decide=granted]')
      await expect
        .poll(() => rowOf(tab, 'Viewed Product'), patience)
        .toMatchObject({ kind: 'counted once', event: 'ViewContent' })
      expect(await counters(tab)).toMatchObject({ early: 0, counted: 2 })
    })

    test('the content ID switch changes both copies, and the filter switch changes the order', async () => {
      const page = await open('/tiktok')
      for (const [name, value] of [
        ['contentId', 'sku'],
        ['filter', 'orders from €50'],
      ]) {
        const isPressed = `[data-switch="${name}"][data-value="${value}"][aria-pressed=true]`
        await press(page, `[data-switch="${name}"][data-value="${value}"]`)
        await expect
          .poll(() => page.evaluate((wanted) => document.querySelector(wanted) !== null, isPressed), patience)
          .toBe(true)
      }
      await page.goto(shop)
      await accept(page)
      await buy(page)
      await page.goto(`${shop}/tiktok`)
      await expect
        .poll(() => rowOf(page, 'Added To Cart'), patience)
        .toMatchObject({
          kind: 'counted once',
          hit: expect.stringContaining("content_id: 'TOTE-NATURAL'"),
          api: expect.stringContaining("content_id: 'TOTE-NATURAL'"),
        })
      expect(await rowOf(page, 'Placed Order')).toMatchObject({
        kind: 'not sent',
        why: 'Stopped by the filter: only orders from €50 pass it.',
      })
    })

    test('the server copy waits in the database while the Events API is down, and is sent later', async () => {
      const page = await open('/')
      await accept(page)
      const tab = await stage.newPage({ shared: page })
      await tab.goto(`${shop}/tiktok`)
      await press(tab, '[data-value="Events API down"]')
      await expect.poll(() => textOf(tab, '[data-value="Events API down"][aria-pressed=true]'), patience).not.toBe('')
      await page.goto(`${shop}/search?q=wool`)
      await expect
        .poll(() => rowOf(tab, 'Searched'), patience)
        .toMatchObject({
          kind: 'on its way',
          why: 'The server copy waits in the forwarder’s database until TikTok’s Events API accepts it.',
        })
      await expect.poll(() => counters(tab), patience).toMatchObject({ copies: 0, waiting: 1 })
      await press(tab, '[data-value="up"]')
      await expect.poll(() => rowOf(tab, 'Searched'), patience).toMatchObject({ kind: 'counted once', event: 'Search' })
      await expect.poll(() => counters(tab), patience).toMatchObject({ waiting: 0 })
    })

    test('with a real pixel the hits go to TikTok, and the demo shows the reports of the page and the forwarder', async () => {
      const page = await open('/', 'C4OURS00000000000001')
      await accept(page)
      await buy(page)
      await page.goto(`${shop}/tiktok`)
      const purchase = async () => (await listed(page)).find(({ event }) => event === 'Purchase')
      await expect.poll(purchase, patience).toMatchObject({
        kind: 'counted once',
        why: 'The page has given it to TikTok’s pixel. See Events Manager, Test Events. The server copy has arrived, with the same event_id.',
        hit: 'This page cannot see whether it went to TikTok.',
      })
      const hits = await stage.network.tiktok.waitForHits((hits) => hits.some(({ event }) => event === 'Purchase'))
      const hit = hits.find(({ event }) => event === 'Purchase')
      expect(hit?.context.pixel.code).toBe('C4OURS00000000000001')
      expect(hit?.event_id).toBe((await purchase())?.id)
    })

    test("the shop and the page with TikTok's view pass axe-core", async () => {
      const page = await open('/products/linen-shirt')
      await accept(page)
      await press(page, '[data-add]')
      await expect.poll(() => textOf(page, '[data-cart-count]'), patience).toBe('1')
      for (const path of ['/', '/products/linen-shirt', '/cart', '/checkout', '/tiktok']) {
        await page.goto(shop + path)
        await page.evaluate(axe)
        expect(await page.evaluate('axe.run().then(({ violations }) => violations)'), path).toEqual([])
      }
    })

    test('filtering the collection is a page view without a page load', async () => {
      const page = await open('/collections/all')
      await page.evaluate(() => Reflect.set(window, 'isSamePage', true))
      const tab = await stage.newPage({ shared: page })
      await tab.goto(`${shop}/tiktok`)
      const areOfBags = (event: string) => async () =>
        (await listed(tab)).filter((row) => row.event === event).map(({ hit }) => hit.includes('?type=Bags'))
      await accept(page)
      // A hit carries the address of the moment when it leaves.
      await expect.poll(areOfBags('ViewContent'), patience).toEqual([false])
      await press(page, 'a[data-swap][href*=Bags]')
      await expect.poll(() => textOf(page, 'h1'), patience).toBe('Bags')
      await expect.poll(areOfBags('ViewContent'), patience).toEqual([true, false])
      await expect.poll(areOfBags('Pageview'), patience).toEqual([true, false])
      expect(await page.evaluate(() => Reflect.get(window, 'isSamePage'))).toBe(true)
      expect(page.consoleErrors).toEqual([])
    })
  },
  ['chromium'],
)

async function get(url: string): Promise<string> {
  return (await fetch(url)).text()
}

test("a visitor's search appears as text on the page", async () => {
  const demo = await startDemo({ port: 0 })
  onTestFinished(demo.close)
  const page = await get(`${demo.url}/search?q=${encodeURIComponent('</script><b onclick="x">')}`)
  expect(page).toMatch('value="&lt;/script&gt;&lt;b onclick=&quot;x&quot;&gt;"')
  expect(page).toMatch('"query": "\\u003c/script>\\u003cb onclick=\\"x\\">"')
  expect(page).not.toMatch('<b onclick')
})

test("without a pixel ID the demo changes only TikTok's address in converge.js", async () => {
  const demo = await startDemo({ port: 0 })
  onTestFinished(demo.close)
  const [config, ...script] = (await get(`${demo.url}/converge/converge.js`)).split('\n')
  expect(config).toMatch(/"pixelId":"C4DEMO0+"/)
  expect(script.join('\n').replaceAll(`${demo.url}/tiktok-pixel`, '…')).toBe(
    built().replace(/https:\/\/analytics\..{0,60}?tiktok\.com/g, '…'),
  )
})

test('with a pixel ID the demo serves converge.js unchanged, and explains where to see the hits', async () => {
  const demo = await startDemo({ port: 0, pixelId: 'C4OURS00000000000001' })
  onTestFinished(demo.close)
  const [config, ...script] = (await get(`${demo.url}/converge/converge.js`)).split('\n')
  expect(config).toMatch('"pixelId":"C4OURS00000000000001"')
  expect(script.join('\n')).toBe(built())
  const page = await get(`${demo.url}/tiktok`)
  expect(page).toMatch('TikTok’s real pixel <code>C4OURS00000000000001</code>')
  expect(page).toMatch('Events Manager, Test Events')
})

test('the demo uses the next free port, and stops while pages still listen for updates', async () => {
  const first = await startDemo({ port: 0 })
  const second = await startDemo({ port: Number(new URL(first.url).port) })
  expect(Number(new URL(second.url).port)).toBeGreaterThan(Number(new URL(first.url).port))
  const { body } = await fetch(`${first.url}/demo/stream`)
  await Promise.all([first.close(), second.close()])
  await expect(async () => {
    for await (const _ of body ?? []);
  }).rejects.toThrow()
  await expect(fetch(first.url)).rejects.toThrow()
})

test('an order whose page never ran is sent by the shop system, as Shopify does', async () => {
  const demo = await startDemo({ port: 0 })
  onTestFinished(demo.close)
  const post = (path: string, body: string, cookie: string) =>
    fetch(demo.url + path, { method: 'POST', body, headers: { cookie }, redirect: 'manual' })
  const added = await post('/cart', JSON.stringify({ variant_id: '410201', by: 1 }), '')
  const session = added.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  const bought = await post('/checkout', '', `${session}; shop_consent=granted`)
  const [, id] = /thank-you\/(.+)$/.exec(bought.headers.get('location') ?? '') ?? []

  const { body } = await fetch(`${demo.url}/demo/stream`)
  const decoder = new TextDecoder()
  let news = ''
  const whys = new Set<string>()
  for await (const chunk of body ?? []) {
    news += decoder.decode(chunk)
    if (!news.endsWith('\n\n')) continue
    const [, latest = ''] = /(?:^|\n)data: (.+)\n\n$/.exec(news) ?? []
    const purchase = JSON.parse(latest).rows.find(({ event }: Row) => event === 'Purchase')
    whys.add(purchase?.why)
    if (!purchase?.api) continue
    expect(purchase).toMatchObject({
      event_id: id,
      eventName: 'Placed Order',
      origin: 'from Shopify',
      api: { properties: { value: 28.9, currency: 'EUR', contents: [{ content_id: '410201', quantity: 1 }] } },
    })
    break
  }
  expect(whys).toContain('Shopify’s order waits a few seconds for the page’s copy of it.')
})
