import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { atRest, has, relay, scriptTag, serveRelay, serveShop, shop, stateOf, told, visit } from './shop.ts'

// A shop that calls Converge already swaps the script, and changes nothing else.

/** Converge's own: the stub keeps each call's `arguments`, until somebody takes them. */
const cvgStub = `
  window.cvg || (window.cvg = function () {
    cvg.process ? cvg.process.apply(cvg, arguments) : cvg.queue.push(arguments)
  }, cvg.queue = [])`
const script = (source: string) => `<script>${source}</script>`
const call = (method: string, fields: object = {}) => `cvg(${JSON.stringify({ method, ...fields })})`
const search = (eventID: string) => call('track', { eventName: 'Searched', properties: { q: 'cap' }, eventID })

const attributes = `data-pixel-id="${pixelId}" data-load="immediate"`
const tag = scriptTag(attributes)
const now = tag.replace('async', '')

inEachBrowser(
  (stage) => {
    const tiktok = () => stage.network.tiktok

    test("Converge's own snippet works unchanged: its page view and queued calls arrive in order and once", async () => {
      const snippet = `${cvgStub}; ${call('track', { eventName: '$page_load' })}`
      await visit(stage, script(`${snippet}; ${search('one')}`) + tag + script(search('two')))
      const hits = await tiktok().waitForHits(has('two'))
      expect(hits.map(({ event }) => event)).toEqual(['Pageview', 'Search', 'Search'])
      expect(hits.slice(1).map(({ event_id, properties }) => [event_id, properties])).toEqual([
        ['one', { query: 'cap', search_string: 'cap' }],
        ['two', { query: 'cap', search_string: 'cap' }],
      ])
    })

    test('the stub may run after the script, and both may run twice: each call is sent once', async () => {
      const page = await visit(
        stage,
        now + script(`${cvgStub}; ${search('one')}`) + now + script(`${cvgStub}; ${search('two')}`),
      )
      expect(await page.evaluate(() => typeof window.cvg?.process)).toBe('function')
      await page.evaluate(() => window.cvg?.({ method: 'track', eventName: 'Searched', eventID: 'three' }))
      expect(told(await tiktok().waitForHits(has('three')))).toEqual(['Search one', 'Search two', 'Search three'])
    })

    const init = (config: Partial<Config>) =>
      script(`(window.converge = { q: [] }).q.push(['init', ${JSON.stringify(config)}])`)

    test('a real Converge library keeps cvg, and converge still works', async () => {
      const real = `window.heard = []; window.cvg = function (call) { heard.push(call.method) }; cvg.process = cvg`
      const page = await visit(
        stage,
        script(`${real}; ${search('theirs')}`) + now + script(`converge.track('Searched', {}, { eventID: 'ours' })`),
      )
      await page.evaluate(() => window.cvg?.({ method: 'track', eventName: 'Searched', eventID: 'theirs too' }))
      expect(told(await tiktok().waitForHits(has('ours')))).toEqual(['Search ours'])
      expect(await page.evaluate(() => Reflect.get(window, 'heard'))).toEqual(['track', 'track'])
      expect(await page.evaluate('cvg.process === cvg')).toBe(true)
      await page.evaluate(() => window.ttq.track('End', {}, { event_id: 'end' }))
      expect(told(await tiktok().waitForHits(has('end')))).toEqual(['Search ours', 'End end'])
    })

    test('forward sends only the browser copy: the server tracks it under the same eventID', async () => {
      const host = serveRelay(stage)
      const forward = call('forward', { eventName: 'Placed Order', properties: { id: '1001' }, eventID: 'ours' })
      await visit(stage, init({ relay }) + script(`${cvgStub}; ${forward}; ${search('tracked')}`) + tag)
      expect(told(await tiktok().waitForHits(has('tracked')))).toEqual(['Purchase ours', 'Search tracked'])
      expect((await host.waitForTaken(1)).map(({ eventID }) => eventID)).toEqual(['tracked'])
    })

    test('a call whose arguments change later is sent as it was made', async () => {
      const calls = `
      const items = [{ product_id: '1', price: 5 }]
      const properties = { total_price: 5, items }
      cvg({ method: 'track', eventName: 'Started Checkout', properties, eventID: 'first' })
      properties.total_price = 6
      items.push({ product_id: '2', price: 1 })
      cvg({ method: 'track', eventName: 'Added Payment Info', properties, eventID: 'second' })`
      await visit(stage, now + script(`${cvgStub}; ${calls}`))
      const hits = await tiktok().waitForHits(has('second'))
      expect(hits.map(({ properties }) => [properties.value, properties.num_items])).toEqual([
        [5, 1],
        [6, 2],
      ])
    })

    test.each([
      'cvg()',
      'cvg(null)',
      'cvg("track")',
      'cvg({})',
      'cvg({ method: null })',
      'cvg({ method: "nobody knows" })',
      'cvg({ method: "track" })',
      'cvg({ method: "track", eventName: { toString: 5 } })',
      'cvg({ method: "track", get eventName() { throw new Error("thrown") } })',
      'cvg({ method: "set" })',
      'cvg({ method: "set", profileProperties: "jane", aliases: 5, eventProperties: [1] })',
      'cvg({ method: "consent" })',
      'cvg({ method: "link_domain", domain: 5 })',
      'cvg({ method: "link_domain" })',
      'cvg(Object.create(null))',
      'cvg.process([{ method: "track", eventName: "$page_load" }])',
    ])('%s throws nothing, and later calls are handled', async (bad) => {
      const page = await visit(
        stage,
        script(`${cvgStub}; ${bad.startsWith('cvg.') ? '' : bad}`) + now + script(`${bad}; ${search('after')}`),
      )
      expect(told(await tiktok().waitForHits(has('after')))).toContain('Search after')
      expect(page.consoleErrors.filter((error) => !error.includes('converge'))).toEqual([])
    })

    describe('link_domain', () => {
      const ttclid = 'E.C.P.click'
      /** Where a click on a link of the page leads. */
      const clicked = async (html: string, href: string, query = `?ttclid=${ttclid}`) => {
        const link = `<a id="link" href="${href}"><b>Pay</b></a>`
        serveShop(stage, { '/': `<!doctype html><title>Shop</title>${html}${link}` })
        const page = await stage.open(shop + query)
        await page.evaluate(
          () =>
            new Promise<void>((resolve) => {
              if (document.readyState === 'complete') resolve()
              else addEventListener('load', () => resolve())
            }),
        )
        return page.evaluate(() => {
          addEventListener('click', (event) => event.preventDefault())
          document.querySelector<HTMLElement>('#link b')?.click()
          document.querySelector<HTMLElement>('#link b')?.click()
          return document.querySelector<HTMLAnchorElement>('#link')?.href
        })
      }
      const linked = (domain: string) => script(`${cvgStub}; ${call('link_domain', { domain })}`) + tag

      test.each([
        ['https://pay.test/', `https://pay.test/?ttclid=${ttclid}`],
        ['https://checkout.pay.test/cart?step=1#form', `https://checkout.pay.test/cart?ttclid=${ttclid}&step=1#form`],
        ['https://notpay.test/', 'https://notpay.test/'],
        ['/cart', `${shop}cart`],
        ['mailto:shop@pay.test', 'mailto:shop@pay.test'],
      ])('a link to %s leads to %s', async (href, expected) => {
        expect(await clicked(linked('pay.test'), href)).toBe(expected)
      })

      test('a link stays unchanged without a click ID', async () => {
        expect(await clicked(linked('pay.test'), 'https://pay.test/', '')).toBe('https://pay.test/')
      })

      test('a link stays unchanged before consent', async () => {
        const html = init({ consent: 'require' }) + linked('pay.test')
        expect(await clicked(html, 'https://pay.test/')).toBe('https://pay.test/')
        expect(await clicked(html + script(call('consent', { marketing: 'granted' })), 'https://pay.test/')).toBe(
          `https://pay.test/?ttclid=${ttclid}`,
        )
      })
    })

    test('a consent call decides, and an omitted category is denied', async () => {
      const page = await visit(
        stage,
        init({ consent: 'require' }) +
          script(`${cvgStub}; ${search('one')}; ${call('consent', { analytics: 'granted' })}`) +
          now,
      )
      await atRest(page)
      expect(tiktok().requests).toEqual([])
      await page.evaluate(() => window.cvg?.({ method: 'consent', analytics: 'granted', marketing: 'granted' }))
      await stateOf(page, { pixel: 'live' })
      await page.evaluate(() => window.cvg?.({ method: 'track', eventName: 'Searched', eventID: 'two' }))
      expect(told(await tiktok().waitForHits(has('two')))).toEqual(['Search two']) // the first was denied for good
    })
  },
  ['chromium'],
)
