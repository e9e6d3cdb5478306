import { beforeEach, expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { has, hitsLeaveAtOnce, pageOf, serveShop, shop, stateOf, track, visit } from './shop.ts'

const config: Config = { pixelId, load: 'immediate', pageLoads: 'auto' }
const html = pageOf('script tag', config)

inEachBrowser((stage) => {
  beforeEach(() => {
    stage.network.tiktok.faults.main.after = 0
  })

  /** The addresses that have left as page views, once the page has sent all that it had to. */
  const pageViews = async (page: Page, end = 'end') => {
    await track(page, 'Searched', {}, { eventID: end })
    const hits = await stage.network.tiktok.waitForHits(has(end))
    const views = hits.filter(({ event }) => event === 'Pageview')
    expect(new Set(views.map(({ event_id }) => event_id)).size).toBe(views.length)
    return views.map(({ context }) => context.page.url.replace(shop, '/'))
  }

  test('each navigation within the page sends one page view, back included', async () => {
    const page = await visit(stage, html)
    const steps = [
      `history.pushState({}, '', '/products')`,
      `history.pushState({}, '', '/products?color=red')`,
      `history.replaceState({}, '', '/sale')`,
      'history.back()',
    ]
    for (const [index, step] of steps.entries()) {
      // A hit carries the address that it leaves from.
      await stage.network.tiktok.waitForHits(index + 1)
      await page.evaluate(step)
    }
    await stage.network.tiktok.waitForHits(steps.length + 1)
    expect(await pageViews(page)).toEqual(['/', '/products', '/products?color=red', '/sale', '/products'])
  })

  test('no page view is sent for a replaceState that keeps the path, a plain hash or the same URL', async () => {
    const page = await visit(stage, html)
    await hitsLeaveAtOnce(page)
    await page.evaluate(async () => {
      history.replaceState({ key: 'router' }, '')
      history.replaceState({}, '', '?sort=price')
      history.pushState({}, '', location.href)
      history.pushState({}, '', '#reviews')
      location.hash = '#size'
      const popped = new Promise((resolve) => addEventListener('popstate', resolve, { once: true }))
      history.back()
      await popped
    })
    expect(await pageViews(page)).toEqual(['/'])
  })

  // Only its driver lets a browser keep a page in the back-forward cache.
  if (stage.name === 'webkit')
    test('a page that comes back from the back-forward cache sends nothing', async () => {
      const { tiktok } = stage.network
      serveShop(stage, {
        '/': { body: html, headers: { 'cache-control': 'max-age=600' } },
        '/next': '<!doctype html><title>Next</title>',
      })
      const page = await stage.open(shop)
      await stateOf(page, { pixel: 'live' })
      await track(page, 'Searched', {}, { eventID: 'before' })
      await tiktok.waitForHits(has('before'))
      await page.evaluate(() => {
        Reflect.set(
          window,
          'restored',
          new Promise((resolve) => addEventListener('pageshow', ({ persisted }) => resolve(persisted))),
        )
      })
      await page.goto(`${shop}next`)
      await page.back()
      expect(await page.evaluate('window.restored')).toBe(true)
      await track(page, 'Searched', {}, { eventID: 'after' })
      const hits = await tiktok.waitForHits(has('after'))
      expect(hits.filter(({ event }) => event === 'Pageview')).toHaveLength(1)
    })

  // Once is enough for what does not depend on the browser.
  if (stage.name !== 'chromium') return

  const viewsOf = (hits: Hit[]) => hits.filter(({ event }) => event === 'Pageview')
  const hitsBefore = async (page: Page, end = 'end') => {
    await track(page, 'Searched', {}, { eventID: end })
    return stage.network.tiktok.waitForHits(has(end))
  }

  test("a router's own $page_load next to it doubles nothing, on the first page and later ones", async () => {
    const calls = `converge.track('$page_load'); addEventListener('load', () => converge.track('$page_load'))`
    const page = await visit(stage, pageOf('script tag', config, calls))
    await stateOf(page, { pixel: 'live' })
    await page.evaluate(() => {
      history.pushState({}, '', '/products')
      window.converge?.track?.('$page_load')
    })
    expect(viewsOf(await hitsBefore(page))).toHaveLength(2)
  })

  test('going away and back sends three page views', async () => {
    const page = await visit(stage, html)
    await stateOf(page, { pixel: 'live' })
    await page.evaluate(() => {
      history.pushState({}, '', '/products')
      history.pushState({}, '', '/')
    })
    expect(viewsOf(await hitsBefore(page))).toHaveLength(3)
  })

  test('without pageLoads auto a navigation sends nothing', async () => {
    const page = await visit(stage, pageOf('script tag', { pixelId, load: 'immediate' }))
    await stateOf(page, { pixel: 'live' })
    await page.evaluate(() => history.pushState({}, '', '/products'))
    expect(viewsOf(await hitsBefore(page))).toEqual([])
  })

  test('pageLoads can be set as an attribute of the script tag', async () => {
    const page = await visit(
      stage,
      `<script src="/converge.js" data-pixel-id="${pixelId}" data-page-loads="auto" data-load="immediate"></script>`,
    )
    await stateOf(page, { pixel: 'live' })
    await page.evaluate(() => history.pushState({}, '', '/products'))
    expect(viewsOf(await hitsBefore(page))).toHaveLength(2)
  })

  test('a router that intercepts links through the Navigation API sends one page view for each', async () => {
    const router = `<script>navigation.addEventListener('navigate', (event) => {
      if (event.canIntercept && !event.hashChange) event.intercept({ handler: async () => {} })
    })</script>`
    const page = await visit(stage, router + html)
    await stateOf(page, { pixel: 'live' })
    await page.evaluate(async () => {
      const settled = () =>
        new Promise((resolve) =>
          Reflect.get(window, 'navigation').addEventListener('navigatesuccess', resolve, { once: true }),
        )
      const link = document.createElement('a')
      link.href = '/products'
      document.body.append(link)
      const arrived = settled()
      link.click()
      await arrived
    })
    expect(await page.evaluate(() => location.pathname)).toBe('/products')
    expect(viewsOf(await hitsBefore(page))).toHaveLength(2)
  })

  test('a prerendered page sends and requests nothing until it is shown', async () => {
    const prerendering = `<script>
      let isPrerendering = true
      Object.defineProperty(document, 'prerendering', { get: () => isPrerendering })
      window.show = () => { isPrerendering = false; document.dispatchEvent(new Event('prerenderingchange')) }
    </script>`
    const page = await visit(stage, prerendering + html)
    await page.evaluate(async () => {
      await new Promise((resolve) => requestIdleCallback(resolve))
      await fetch('/at-rest')
    })
    expect(stage.network.tiktok.requests).toEqual([])
    await page.evaluate('show()')
    await stateOf(page, { pixel: 'live' })
    expect(viewsOf(await hitsBefore(page))).toHaveLength(1)
  })
})
