import { expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { atRest, pageOf, relay, serveRelay, serveShop, shop } from './shop.ts'

// A Shopify custom pixel: an iframe whose origin is opaque, so that its storage and cookies throw. TikTok's pixel 2.2.1 loads
// there and never sends (measured), also by TikTok's own snippet.

const context = {
  url: 'https://www.shop.test/checkouts/1/thank-you',
  referrer: 'https://www.shop.test/cart',
  userAgent: 'Mozilla/5.0 (of the top frame)',
  ttclid: 'E.C.P.click',
  ttp: 'ttpOfTheTopFrame',
  visitor: 'ab'.repeat(32),
}
const config: Config = { pixelId, load: 'immediate', relay, context }
const order = { id: '1001', total_price: 20, currency: 'EUR', $email: 'jane@example.com' }

/** Reports to the top frame: its errors, the results of its events, the state of its pixel, and its context. */
const report = `
  addEventListener('error', ({ message }) => parent.postMessage({ error: message }, '*'))
  addEventListener('unhandledrejection', ({ reason }) => parent.postMessage({ error: String(reason) }, '*'))
  converge.on('state', ({ pixel, pixelCause }) => parent.postMessage({ pixel, pixelCause }, '*'))
  converge.on('event', (result) => {
    parent.postMessage({ result, context: converge.context(), origin: String(origin) }, '*')
  })`

const top = (frame: string) => `<!doctype html><title>Shop</title>
  <script>window.said = []; addEventListener('message', ({ data }) => said.push(data))</script>
  <iframe sandbox="allow-scripts allow-forms" src="${frame}"></iframe>`

/** The messages of one kind from the iframe to the top frame. */
const said = async (page: Page, kind: 'error' | 'result' | 'pixel'): Promise<Record<string, unknown>[]> => {
  const all: Record<string, unknown>[] = await page.evaluate(() => Reflect.get(window, 'said'))
  return all.filter((one) => kind in one)
}

inEachBrowser((stage) => {
  test("a sandboxed iframe sends events with its context through the relay, and never loads TikTok's pixel", async () => {
    const host = serveRelay(stage)
    const calls = `converge.track('Placed Order', ${JSON.stringify(order)}); ${report}`
    serveShop(stage, { '/': top('/sandbox'), '/sandbox': pageOf('script tag', config, calls) })
    const page = await stage.open(shop)
    const [event] = await host.waitForTaken(1)
    expect(event).toMatchObject({
      eventID: '1001',
      visitor: context.visitor,
      page: { url: context.url, referrer: context.referrer },
      ttclid: context.ttclid,
      ttp: context.ttp,
    })
    expect(host.requests()[0]?.headers.origin).toBe('null')
    await atRest(page)
    expect(stage.network.tiktok.requests).toEqual([])

    expect(await said(page, 'error')).toEqual([])
    expect((await said(page, 'pixel')).at(-1)).toMatchObject({ pixel: 'blocked', pixelCause: 'sandboxed' })
    const { url, userAgent, ttclid, ttp, visitor } = context
    expect((await said(page, 'result'))[0]).toMatchObject({
      origin: 'null',
      result: { status: 'success', reason: 'pixel_blocked', eventID: '1001' },
      context: { url, userAgent, ttclid, ttp, visitor },
    })
  })

  // Once is enough for what does not depend on the browser.
  if (stage.name !== 'chromium') return

  test('with a context from the page, accessible storage and cookies are not touched', async () => {
    const host = serveRelay(stage)
    const listen = `<script>
      window.touched = []
      const notes = { get() { touched.push('used'); return '' }, set() { touched.push('written') } }
      Object.defineProperty(document, 'cookie', notes)
      for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, notes)
    </script>`
    serveShop(stage, {
      '/': listen + pageOf('script tag', config, `converge.track('Placed Order', ${JSON.stringify(order)})`),
    })
    stage.network.tiktok.faults.events.status = 404 // TikTok's own script has cookies of its own
    const page = await stage.open(`${shop}?ttclid=another`)
    expect(await host.waitForTaken(1)).toMatchObject([{ ttclid: context.ttclid }])
    expect(await page.evaluate(() => Reflect.get(window, 'touched'))).toEqual([])
  })

  test('a sandboxed iframe without a context lacks only what comes from storage', async () => {
    const host = serveRelay(stage)
    const { context: _, ...bare } = config
    const calls = `converge.track('Placed Order', ${JSON.stringify(order)}); ${report}`
    serveShop(stage, { '/': top('/sandbox'), '/sandbox': pageOf('script tag', bare, calls) })
    const page = await stage.open(shop)
    expect(await host.waitForTaken(1)).toMatchObject([{ eventID: '1001', send: [{ event: 'Purchase' }] }])
    await atRest(page)
    expect(stage.network.tiktok.requests).toEqual([])
    expect(await said(page, 'error')).toEqual([])
  })

  test('a sandboxed iframe without a relay reports its events as failed', async () => {
    const { context: _, relay: __, ...bare } = config
    const calls = `converge.track('Placed Order', ${JSON.stringify(order)}); ${report}`
    serveShop(stage, { '/': top('/sandbox'), '/sandbox': pageOf('script tag', bare, calls) })
    const page = await stage.open(shop)
    await expect
      .poll(async () => (await said(page, 'result')).at(-1)?.result)
      .toMatchObject({
        status: 'failure',
        reason: 'pixel_blocked',
      })
    await atRest(page)
    expect(stage.network.tiktok.requests).toEqual([])
    expect(await said(page, 'error')).toEqual([])
  })

  test("an iframe that keeps its origin loads TikTok's pixel, and so does one without a sandbox", async () => {
    const calls = `converge.track('Placed Order', ${JSON.stringify(order)})`
    const frames = `<iframe sandbox="allow-scripts allow-same-origin" src="/frame?1"></iframe><iframe src="/frame?2"></iframe>`
    const { relay: _, ...alone } = config
    serveShop(stage, { '/': `<!doctype html>${frames}`, '/frame': pageOf('script tag', alone, calls) })
    await stage.open(shop)
    const orders = (hits: Hit[]) => hits.filter(({ event_id }) => event_id === '1001').length === 2
    await stage.network.tiktok.waitForHits(orders)
  })
})
