import { expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { atRest, consent, pageOf, relay, serveRelay, serveShop, shop, stateOf, track } from './shop.ts'

const config: Config = { pixelId, load: 'immediate', relay }
const html = pageOf('script tag', config)
const ttclid = 'E.C.P.aB3-_xyz'
const granted = { analytics: 'granted', marketing: 'granted' } as const

const contextOf = (page: Page) => page.evaluate(() => window.converge?.context?.())
const cookieOf = (page: Page) => page.evaluate(() => document.cookie)

inEachBrowser(
  (stage) => {
    test('the click ID of the landing page is sent with its events, and with those of later pages and subdomains', async () => {
      const host = serveRelay(stage)
      const onDomain = pageOf('script tag', { ...config, domain: 'shop.test' })
      serveShop(stage, { '/': onDomain })
      const page = await stage.open(`${shop}?utm_source=tiktok&ttclid=${ttclid}#top`)
      await track(page, 'Searched', {}, { eventID: 'one' })
      expect(await host.waitForTaken(1)).toMatchObject([{ ttclid }])
      expect(await cookieOf(page)).toMatch(`converge.ttclid=${ttclid}`)
      await page.goto('about:blank') // no referrer
      await page.goto(shop)
      await track(page, 'Searched', {}, { eventID: 'two' })
      expect(await host.takenOf('two')).toMatchObject([{ ttclid }])
      expect(await contextOf(page)).toMatchObject({ ttclid, url: shop })
      serveShop(stage, { '/': onDomain }, 'checkout.shop.test')
      await page.goto('https://checkout.shop.test/')
      await track(page, 'Searched', {}, { eventID: 'three' })
      expect(await host.takenOf('three')).toMatchObject([{ ttclid }])
    })

    test('a newer click replaces the stored one', async () => {
      const host = serveRelay(stage)
      serveShop(stage, { '/': html })
      const page = await stage.open(`${shop}?ttclid=${ttclid}`)
      await stateOf(page, { pixel: 'live' })
      await page.goto(`${shop}?ttclid=E.C.P.newer`)
      await stateOf(page, { pixel: 'live' })
      await page.goto('about:blank')
      await page.goto(shop)
      await track(page, 'Searched', {}, { eventID: 'one' })
      expect(await host.waitForTaken(1)).toMatchObject([{ ttclid: 'E.C.P.newer' }])
    })

    test('if consent comes on the second page, the click ID is read from the referrer', async () => {
      const host = serveRelay(stage)
      const html = pageOf('script tag', { ...config, consent: 'require' })
      serveShop(stage, { '/': `<a href="/two">Two</a>${html}`, '/two': html })
      const page = await stage.open(`${shop}?ttclid=${ttclid}`)
      await atRest(page)
      expect(await cookieOf(page)).toBe('')
      await page.evaluate(() => document.querySelector('a')?.click())
      await stage.network.waitForRequest(({ path }) => path === '/two')
      await expect.poll(() => page.evaluate('location.pathname').catch(() => '')).toBe('/two')
      await track(page, 'Searched', {}, { eventID: 'one' })
      await consent(page, granted)
      expect(await host.waitForTaken(1)).toMatchObject([{ eventID: 'one', ttclid }])
      expect(await cookieOf(page)).toMatch(ttclid)
    })

    test("a click ID in another site's URL is ignored", async () => {
      const host = serveRelay(stage)
      serveShop(stage, { '/': html })
      const policy = { 'referrer-policy': 'unsafe-url' }
      stage.network.serve('www.shop.test.elsewhere.test', {
        '/': { body: `<a href="${shop}">Shop</a>`, headers: policy },
      })
      const page = await stage.open(`https://www.shop.test.elsewhere.test/?ttclid=${ttclid}`)
      await page.evaluate(() => document.querySelector('a')?.click())
      await expect.poll(() => page.evaluate('location.href').catch(() => '')).toBe(shop)
      expect(await page.evaluate(() => document.referrer)).toMatch(ttclid)
      await track(page, 'Searched', {}, { eventID: 'one' })
      expect((await host.waitForTaken(1))[0]?.ttclid).toBeUndefined()
    })

    test("TikTok's own visitor ID is sent with the relay's events and the context", async () => {
      const host = serveRelay(stage)
      serveShop(stage, { '/': html })
      const page = await stage.open(shop)
      await stateOf(page, { pixel: 'live' })
      const ttp = /_ttp=(\w+)/.exec(await cookieOf(page))?.[1]
      expect(ttp).toMatch(/./)
      await track(page, 'Searched', {}, { eventID: 'one' })
      expect(await host.waitForTaken(1)).toMatchObject([{ ttp }])
      const { visitor, ...context } = (await contextOf(page)) ?? {}
      expect(context).toEqual({ ttp, url: shop, userAgent: await page.evaluate('navigator.userAgent'), consent: {} })
      expect(visitor).toMatch(/^[\da-f]{64}$/)
    })

    test('before a grant the context contains nothing from the device', async () => {
      serveShop(stage, { '/': pageOf('script tag', { ...config, consent: 'require' }) })
      const page = await stage.open(`${shop}?ttclid=${ttclid}`)
      await track(page, 'Searched')
      expect(Object.keys((await contextOf(page)) ?? {}).sort()).toEqual(['consent', 'url', 'userAgent'])
    })
  },
  ['chromium'],
)
