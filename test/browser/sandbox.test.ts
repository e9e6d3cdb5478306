import { expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { pageOf, relay, serveRelay, serveShop, shop, told } from './shop.ts'

// A Shopify custom pixel: an iframe whose origin is opaque, so that its storage and cookies throw.

const context = {
  url: 'https://www.shop.test/checkouts/1/thank-you',
  referrer: 'https://www.shop.test/cart',
  userAgent: 'Mozilla/5.0 (of the top frame)',
  ttclid: 'E.C.P.click',
  ttp: 'ttpOfTheTopFrame',
  external_id: 'ab'.repeat(32),
}
const config: Config = { pixelId, load: 'immediate', relay, context }
const order = { id: '1001', total_price: 20, currency: 'EUR', $email: 'jane@example.com' }

const has = (id: string) => (hits: Hit[]) => hits.some(({ event_id }) => event_id === id)

/** Tells the top frame what went wrong in it, what became of its events, and what it knows. */
const report = `
  addEventListener('error', ({ message }) => parent.postMessage({ error: message }, '*'))
  addEventListener('unhandledrejection', ({ reason }) => parent.postMessage({ error: String(reason) }, '*'))
  converge.on('event', (result) => {
    parent.postMessage({ result, context: converge.context(), origin: String(origin) }, '*')
  })`

const top = (frame: string) => `<!doctype html><title>Shop</title>
  <script>window.said = []; addEventListener('message', ({ data }) => said.push(data))</script>
  <iframe sandbox="allow-scripts allow-forms" src="${frame}"></iframe>`

inEachBrowser((stage) => {
  test('a sandboxed iframe works with the context handed in: both copies leave, and nothing throws', async () => {
    const host = serveRelay(stage)
    const calls = `converge.track('Placed Order', ${JSON.stringify(order)}); ${report}`
    serveShop(stage, { '/': top('/sandbox'), '/sandbox': pageOf('script tag', config, calls) })
    const page = await stage.open(shop)
    const [event] = await host.waitForTaken(1)
    expect(event).toMatchObject({
      eventID: '1001',
      user: { external_id: context.external_id },
      page: { url: context.url, referrer: context.referrer },
      ttclid: context.ttclid,
      ttp: context.ttp,
    })
    expect(host.requests()[0]?.headers.origin).toBe('null')
    const hits = await stage.network.tiktok.waitForHits(has('1001'))
    expect(told(hits)).toEqual(['Purchase 1001'])
    expect(hits.at(-1)?.context.user).toEqual({ email: event?.user.email, external_id: context.external_id })

    const said: { error?: string }[] = await page.evaluate(() => Reflect.get(window, 'said'))
    expect(said.map(({ error }) => error).filter(Boolean)).toEqual([])
    const { url, userAgent, ttclid, ttp, external_id } = context
    expect(said[0]).toMatchObject({
      origin: 'null',
      result: { status: 'success', eventID: '1001' },
      context: { url, userAgent, ttclid, ttp, external_id },
    })
  })

  // Once is enough for what does not depend on the browser.
  if (stage.name !== 'chromium') return

  test('with the context handed in, the storage and cookies of the page are not touched, where they could be', async () => {
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

  test('a sandboxed iframe without a context loses what only storage gives, and nothing else', async () => {
    const host = serveRelay(stage)
    const { context: _, ...bare } = config
    const calls = `converge.track('Placed Order', ${JSON.stringify(order)}); ${report}`
    serveShop(stage, { '/': top('/sandbox'), '/sandbox': pageOf('script tag', bare, calls) })
    const page = await stage.open(shop)
    await host.waitForTaken(1)
    expect(told(await stage.network.tiktok.waitForHits(has('1001')))).toEqual(['Purchase 1001'])
    const said: { error?: string }[] = await page.evaluate(() => Reflect.get(window, 'said'))
    expect(said.map(({ error }) => error).filter(Boolean)).toEqual([])
  })
})
