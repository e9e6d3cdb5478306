import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type axe from 'axe-core'
import type { ElementHandle } from 'puppeteer-core'
import { expect, test, vi } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { PATIENCE } from '../patience.ts'
import { classicalSnippet } from '../tiktok/snippet.ts'
import { driverOf, type Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { atRest, relay, resultOf, serveRelay, serveShop, shop, stateOf, stub, track, visit } from './shop.ts'

declare global {
  interface Window {
    axe: typeof axe
  }
}

const config: Config = { pixelId, load: 'immediate', debug: true }
const cap = { product_id: 9010, variant_id: '90101', name: 'Cap', price: '19.90', quantity: 2, currency: 'EUR' }
const order = { id: 1001, total_price: '44.70', currency: 'eur', $email: 'jane@example.com', items: [cap] }

/** A page that axe has nothing to say of, with the events of `calls`. */
const pageOf = (config: Config, calls = '', head = '') => `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Shop</title>${head}</head>
  <body>
    <main><h1>Shop</h1><label>Notes <textarea id="notes"></textarea></label></main>
    <script>${stub}
converge.init(${JSON.stringify(config)})</script>
    <script async src="/converge.js"></script>
    <script>${calls}</script>
  </body>
</html>`

/** One of each: sent, with a fault, filtered, skipped. */
const filters: Config['filters'] = [
  { event: 'Placed Order', any: [{ property: 'total_price', operator: 'greater_than', value: 20 }] },
]
const calls = `
  converge.track('Viewed Product', ${JSON.stringify(cap)})
  converge.track('Added to cart', ${JSON.stringify(cap)})
  converge.track('Placed Order', { id: 1000, total_price: 4.9, currency: 'EUR', items: [${JSON.stringify(cap)}] })
  converge.track('Placed Order', ${JSON.stringify(order)})`

/** The rows that are seen, in words. */
const rows = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    Array.from(
      document.querySelector('converge-inspector')?.shadowRoot?.querySelectorAll<HTMLElement>('.row') ?? [],
      (row) => (row.checkVisibility() ? row.innerText.replace(/\s+/g, ' ') : ''),
    ).filter(Boolean),
  )

const waitForRows = (page: Page, count: number) =>
  vi.waitFor(async () => {
    const found = await rows(page)
    if (found.length !== count) throw new Error(`The list has ${found.length} rows, not ${count}: ${found.join(' | ')}`)
    return found
  }, PATIENCE)

/** What the first part of the panel that fits the selector says. */
const textIn = (page: Page, selector: string): Promise<string> =>
  page.evaluate(
    (selector) =>
      document.querySelector('converge-inspector')?.shadowRoot?.querySelector<HTMLElement>(selector)?.innerText ?? '',
    selector,
  )

const waitForText = (page: Page, selector: string, wanted: RegExp | string) =>
  expect.poll(() => textIn(page, selector)).toMatch(wanted)

/** The element of the panel that has the focus, in words. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement?.shadowRoot?.activeElement
    return element ? `${element.className} ${element.getAttribute('aria-label') ?? element.textContent}`.trim() : 'page'
  })

async function press(page: Page, ...keys: Parameters<ElementHandle['press']>[0][]): Promise<void> {
  for (const key of keys) await driverOf(page).keyboard.press(key)
}

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, wanted: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const { keyboard } = driverOf(page)
  for (let step = 0; step < 30; step++) {
    if (wanted.test(await focused(page))) return
    if (key !== 'Tab') await keyboard.down('Shift')
    await keyboard.press('Tab')
    if (key !== 'Tab') await keyboard.up('Shift')
  }
  throw new Error(`No Tab leads to ${wanted}; the focus is on: ${await focused(page)}.`)
}

inEachBrowser((stage) => {
  const asked = () => stage.network.log.filter(({ path }) => path.includes('inspector')).map(({ path }) => path)

  test('a page without the debug flag does not request the inspector', async () => {
    const page = await visit(stage, pageOf({ pixelId, load: 'immediate' }, calls))
    await stateOf(page, { pixel: 'live' })
    await stage.network.tiktok.waitForHits((hits) => hits.some(({ event }) => event === 'Purchase'))
    await atRest(page)
    expect(asked()).toEqual([])
    expect(await page.evaluate(() => document.querySelectorAll('converge-inspector').length)).toBe(0)
  })

  test('?converge_debug opens the inspector, and only that tab keeps it and its rows from page to page', async () => {
    const plain = pageOf({ pixelId, load: 'immediate' }, calls)
    serveShop(stage, { '/': plain, '/next': plain })
    const page = await stage.open(`${shop}?converge_debug`)
    await waitForRows(page, 4)
    await page.goto(`${shop}next`)
    await waitForRows(page, 8)
    expect(asked()).toHaveLength(2)

    const other = await stage.newPage({ shared: page })
    await other.goto(`${shop}next`)
    await stateOf(other, { pixel: 'live' })
    await atRest(other)
    expect(await other.evaluate(() => document.querySelectorAll('converge-inspector').length)).toBe(0)
  })
})

inEachBrowser(
  (stage) => {
    const openRow = (page: Page, name: string) =>
      page.evaluate((name) => {
        const found = document.querySelector('converge-inspector')?.shadowRoot?.querySelectorAll<HTMLElement>('.row')
        for (const row of found ?? []) if (row.textContent?.includes(name)) row.click()
      }, name)

    test('each event shows its TikTok event, status, reason and problems', async () => {
      const host = serveRelay(stage)
      const page = await visit(stage, pageOf({ ...config, relay, filters }, calls))
      await host.waitForTaken(2)
      await stateOf(page, { pixel: 'live' })
      await waitForRows(page, 4)
      await expect.poll(async () => (await rows(page))[0]).toMatch(/Pixel sent/)
      const time = String.raw`\d\d:\d\d:\d\d`
      expect(await rows(page)).toEqual([
        expect.stringMatching(
          `^Placed Order→ ?, becomes Purchase Success ${time} Pixel sent Relay sent .*[45] of 7, add phone$`,
        ),
        expect.stringMatching(
          `^Placed Order Filtered ${time} Stopped: it matches no condition of one of the filters.$`,
        ),
        expect.stringMatching(`^Added to cart Skipped ${time} Skipped: no mapping row .* 1 to fix$`),
        expect.stringMatching(
          `^Viewed Product→ ?, becomes ViewContent Success ${time} Pixel sent Relay sent .*[34] of 7, add email, phone$`,
        ),
      ])
      expect(page.consoleErrors).toEqual([])
    })

    test.each([
      ['light', 1280],
      ['dark', 1280],
      ['light', 390],
      ['dark', 390],
    ])('axe finds no violation in the list and in opened rows: %s, %i px wide', async (scheme, width) => {
      stage.network.tiktok.faults.events.status = 404 // what is blocked has the most to say
      const snippet = `<script>${classicalSnippet('ttq.page()')}</script>`
      serveShop(stage, { '/': pageOf({ ...config, filters }, calls, snippet) })
      const page = await stage.newPage()
      const driver = driverOf(page)
      await driver.setViewport({ width, height: 800 })
      await driver.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      await page.goto(shop)
      await stateOf(page, { pixel: 'blocked' })
      // On a phone it begins as a badge.
      if (width < 560) await driver.click('>>> .badge')
      await waitForRows(page, 5)

      await driver.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
      // axe cannot compute contrasts outside of the body, where the panel is.
      await page.evaluate(() => document.body.append(document.querySelector('converge-inspector') ?? ''))
      const look = async () => {
        const results = await driver.evaluate(() => window.axe.run())
        expect(results.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
        return results.passes.find(({ id }) => id === 'color-contrast')?.nodes.flatMap(({ target }) => target.flat())
      }
      // That it has looked into the panel, and not beside it.
      expect(await look()).toContain('converge-inspector')
      for (const name of ['ViewContent', 'Purchase', 'Filtered', 'External']) await openRow(page, name)
      await waitForText(page, '.details table', 'Received')
      await look()
      await press(page, 'Escape')
      await driver.evaluate(() => {
        document.querySelector('converge-inspector')?.shadowRoot?.querySelector<HTMLElement>('[data-act=fold]')?.click()
      })
      await look()
    })

    test('the keyboard can open, move, expand a row, copy, filter, fold and close', async () => {
      serveShop(stage, { '/': pageOf({ pixelId, load: 'immediate', filters }, calls) })
      const page = await stage.open(`${shop}?converge_debug`)
      await waitForRows(page, 4)
      expect(await focused(page)).toBe('page') // it takes nobody's focus as it comes

      await tabTo(page, /^row Placed Order.*Purchase/)
      await press(page, 'ArrowDown', 'ArrowDown')
      expect(await focused(page)).toMatch(/^row Added to cart/)
      await press(page, 'End')
      expect(await focused(page)).toMatch(/^row Viewed Product/)
      await press(page, 'Home', 'Enter')
      expect(await focused(page)).toMatch(/^row Placed Order.*Purchase/)
      expect(await textIn(page, '.details table')).toMatch(
        /total_price\s+"44.70"\s+value\s+44.7 renamed text to number/,
      )

      await press(page, 'Tab')
      expect(await focused(page)).toMatch(/^small .*Copy/)
      await press(page, 'Enter')
      await waitForText(page, '[role=status].unseen', 'Copied 1001.')
      const { keyboard } = driverOf(page)
      await driverOf(page).focus('#notes')
      await keyboard.down('Control')
      await keyboard.press('v')
      await keyboard.up('Control')
      expect(await page.evaluate(() => document.querySelector('textarea')?.value)).toBe('1001')

      await tabTo(page, /^small .*Copy/)
      await press(page, 'Escape')
      expect(await focused(page)).toMatch(/^row Placed Order.*Purchase/)
      expect(await textIn(page, '.details:not([hidden])')).toBe('')

      await tabTo(page, /^chip Filtered/, 'Shift+Tab')
      await press(page, 'Enter')
      await waitForRows(page, 1)
      await waitForText(page, '[role=status].unseen', 'Filtered: 1 shown.')
      await press(page, 'Enter')
      await waitForRows(page, 4)
      await tabTo(page, /^search/, 'Shift+Tab')
      await keyboard.type('view')
      expect(await waitForRows(page, 1)).toEqual([expect.stringMatching(/^Viewed Product/)])
      await press(page, 'ArrowDown')
      expect(await focused(page)).toMatch(/^row Viewed Product/)
      await press(page, 'ArrowUp', 'Escape')
      await waitForRows(page, 4)

      await press(page, 'Escape')
      expect(await focused(page)).toMatch(/^badge .*4 · 1 to fix$/)
      expect(await rows(page)).toEqual([])
      await press(page, 'Enter')
      expect(await focused(page)).toMatch(/^row Viewed Product/)
      await tabTo(page, /^tool Move/, 'Shift+Tab')
      await press(page, 'Enter')
      await waitForText(page, '[role=status].unseen', 'on the left')
      await tabTo(page, /^tool Close/)
      await press(page, 'Enter')
      expect(await page.evaluate(() => document.querySelectorAll('converge-inspector').length)).toBe(0)
      await page.goto(shop)
      await stateOf(page, { pixel: 'live' })
      expect(await page.evaluate(() => document.querySelectorAll('converge-inspector').length)).toBe(0)
      expect(page.consoleErrors).toEqual([])
    })

    test('a folded or moved panel stays so on the next page of the tab', async () => {
      const page = await visit(stage, pageOf(config, calls))
      await waitForRows(page, 4)
      const where = () =>
        page.evaluate(() => {
          const host = document.querySelector('converge-inspector')
          const isFolded = host?.shadowRoot?.querySelector('.badge')?.checkVisibility()
          return [host?.getAttribute('data-side'), isFolded ? 'folded' : 'open']
        })
      expect(await where()).toEqual(['right', 'open'])
      await driverOf(page).click('>>> [data-act=side]')
      await driverOf(page).click('>>> [data-act=fold]')
      await page.reload()
      await expect.poll(where).toEqual(['left', 'folded'])
    })

    test("the page's styles, layers and listeners neither break the panel nor receive its events", async () => {
      const hostile = `<style>
        * { all: unset !important; display: none !important; position: static !important }
        html, body { display: block !important; transform: scale(0.5) !important; overflow: hidden !important }
        converge-inspector { visibility: hidden !important; opacity: 0 !important; z-index: -1 !important }
        #veil { display: block !important; position: fixed !important; inset: 0 !important; z-index: 2147483647 !important }
      </style>
      <script>
        window.heard = []
        for (const type of ['keydown', 'keyup', 'click', 'pointerdown', 'input', 'focusin'])
          addEventListener(type, () => heard.push(type))
      </script>`
      const page = await visit(stage, pageOf(config, calls, hostile).replace('<main>', '<div id="veil"></div><main>'))
      await waitForRows(page, 4)
      const panel = await driverOf(page).$('>>> .panel')
      expect(await panel?.boundingBox()).toMatchObject({ width: 440 })
      const { width, height } = driverOf(page).viewport() ?? { width: 0, height: 0 }
      const atCorner = await page.evaluate(
        (x, y) => document.elementFromPoint(x, y)?.tagName,
        width - 100,
        height - 100,
      )
      expect(atCorner).toBe('CONVERGE-INSPECTOR')
      await driverOf(page).click('>>> .search')
      await driverOf(page).keyboard.type('cart')
      await waitForRows(page, 1)
      await driverOf(page).click('>>> li:not([hidden]) .row')
      expect(await panel?.boundingBox()).toMatchObject({ width: 620 })
      expect(await page.evaluate(() => Reflect.get(window, 'heard'))).toEqual([])
    })

    test('the panel works under a strict Content-Security-Policy, and names the directive that blocks the pixel', async () => {
      const policy = "default-src 'none'; script-src 'self' 'nonce-shop'; connect-src 'self'; style-src 'none'"
      const page = await visit(stage, pageOf(config, calls).replaceAll('<script', '<script nonce="shop"'), {
        'content-security-policy': policy,
      })
      await stateOf(page, { pixel: 'blocked' })
      await waitForRows(page, 4)
      await waitForText(page, '.facts', /Pixel\s+blocked by script-src of the page's Content-Security-Policy/)
      await waitForText(page, '.notices', 'Add https://analytics.tiktok.com to script-src and connect-src')
      expect(await (await driverOf(page).$('>>> .panel'))?.boundingBox()).toMatchObject({ width: 440 })
      const refused = page.consoleErrors.filter((error) => !error.includes('analytics.tiktok.com'))
      expect(refused).toEqual([])
    })

    test('the panel works on a page that requires Trusted Types', async () => {
      const serverOnly: Config = { ...config, relay, mapping: { mode: 'server_only' } }
      const page = await visit(stage, pageOf(serverOnly, calls), {
        'content-security-policy': "require-trusted-types-for 'script'",
      })
      await waitForRows(page, 4)
      await openRow(page, 'Purchase')
      await waitForText(page, '.details table', 'Received')
      expect(page.consoleErrors.filter((error) => /TrustedHTML|Trusted Type/.test(error))).toEqual([])
    })

    test('other senders on this pixel are shown, with the likely culprit', async () => {
      const theirs = `ttq.load('${pixelId}'); ttq.page(); ttq.track('AddToCart', { value: 5 }, { event_id: 'theirs' })`
      const page = await visit(stage, pageOf(config, calls, `<script>${classicalSnippet(theirs)}</script>`))
      await stateOf(page, { pixel: 'live' })
      const found = () => rows(page).then((all) => all.filter((row) => row.includes('External')))
      await expect.poll(async () => (await found()).length).toBe(4)
      expect((await found()).map((row) => row.replace(/ External.*/, ''))).toEqual([
        expect.stringMatching(/^Requests: \d more$/),
        'Pixel loaded by others',
        'AddToCart',
        'Pageview',
      ])
      await openRow(page, 'AddToCart')
      await expect.poll(() => textIn(page, '.plain')).toMatch(`ttq.load('${pixelId}'): TikTok's own snippet`)
    })

    test("events from converge itself are not shown as someone else's", async () => {
      const page = await visit(stage, pageOf(config, calls))
      await stage.network.tiktok.waitForHits((hits) => hits.some(({ event }) => event === 'Purchase'))
      await track(page, 'Searched', { query: 'cap' }, { eventID: 'last' })
      await stage.network.tiktok.waitForHits((hits) => hits.some(({ event_id }) => event_id === 'last'))
      await page.evaluate(
        () =>
          new Promise<void>((resolve) =>
            new PerformanceObserver((_list, observer) => {
              observer.disconnect()
              resolve()
            }).observe({ type: 'resource', buffered: true }),
          ),
      )
      const found = await waitForRows(page, 5)
      expect(found.filter((row) => row.includes('External'))).toEqual([])
    })

    test('the saved JSON contains no personal data', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'converge-save-'))
      try {
        const personal = { ...order, note: 'call +43 664 1234567', $phone_number: '+43 664 1234567' }
        const page = await visit(stage, pageOf(config, `converge.track('Placed Order', ${JSON.stringify(personal)})`))
        await waitForRows(page, 1)
        const driver = driverOf(page)
        const session = await driver.createCDPSession()
        await session.send('Browser.setDownloadBehavior', {
          behavior: 'allow',
          downloadPath: folder,
          browserContextId: driver.browserContext().id ?? '',
        })
        await driver.click('>>> [data-act=save]')
        await expect.poll(() => readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(1)
        const text = readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8')
        expect(JSON.parse(text)).toMatchObject({
          pixels: [{ pixelId }],
          events: [{ eventName: 'Placed Order', eventID: '1001', outcome: 'success', names: ['Purchase'] }],
        })
        expect(text).not.toMatch(/jane|@|664\W*123|[\da-f]{64}/)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })

    test('the panel touches no storage and no cookie of the page', async () => {
      const listen = `<script>
        window.touched = []
        const note = { get() { touched.push('used'); return '' }, set() { touched.push('written') } }
        Object.defineProperty(document, 'cookie', note)
        for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) Object.defineProperty(window, name, note)
      </script>`
      stage.network.tiktok.faults.events.status = 404 // TikTok's own script has cookies of its own
      const page = await visit(stage, pageOf({ ...config, context: { url: shop } }, calls, listen))
      await waitForRows(page, 4)
      await openRow(page, 'Purchase')
      await driverOf(page).click('>>> [data-act=side]')
      await driverOf(page).click('>>> [data-act=fold]')
      expect(await page.evaluate(() => Reflect.get(window, 'touched'))).toEqual([])
    })

    test('the panel shows the last 200 of a thousand events', async () => {
      const page = await visit(stage, pageOf(config))
      await waitForText(page, '.empty', 'No events yet')
      await page.evaluate(() => {
        for (let index = 1; index <= 1000; index++) window.converge?.track?.(`Step ${index}`)
      })
      const found = await waitForRows(page, 200)
      expect([found[0], found[199]]).toEqual([
        expect.stringMatching(/^Step 1000 /),
        expect.stringMatching(/^Step 801 /),
      ])
    })

    test('a later result updates the row of the event, and an open row stays open', async () => {
      const host = serveRelay(stage, 503)
      const page = await visit(stage, pageOf({ ...config, relay }, calls))
      await resultOf(page, { eventName: 'Placed Order', status: 'retry' })
      await waitForRows(page, 4)
      await openRow(page, 'Purchase')
      await waitForText(page, '.facts', /Relay\s+down/)
      expect((await rows(page))[0]).toMatch(/Retry .*Relay kept/)
      // The panel may draw its rows anew between the look for the button and its focus.
      const focusCopy = async () => {
        await driverOf(page).focus('>>> .details [data-act=copy]')
        return focused(page)
      }
      await expect.poll(focusCopy).toMatch(/^small .*Copy/)
      host.status = 202
      await host.waitForTaken(3)
      await expect.poll(async () => (await rows(page))[0]).toMatch(/Success .*Relay sent/)
      expect(await textIn(page, '.details table')).toMatch('Received')
      expect(await focused(page)).toMatch(/^small .*Copy/)
    })
  },
  ['chromium'],
)
