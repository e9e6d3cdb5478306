import { expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { has, pageOf, relay, resultOf, serveRelay, serveShop, shop, stateOf, track, ways } from './shop.ts'

const config: Config = { pixelId, load: 'immediate', relay }
const otherId = 'C4OTHER0000000000002'
const hash = /^[\da-f]{64}$/
const searched = `converge.track('Searched', {}, { eventID: 'one' })`

inEachBrowser(
  (stage) => {
    const tiktok = () => stage.network.tiktok

    test.each<Partial<Config>>([{}, { consent: 'implied' }])(
      'both copies of two pixels carry one visitor ID, kept for the next page: %o',
      async (more) => {
        const host = serveRelay(stage)
        const two = `converge.init(${JSON.stringify({ ...config, ...more, pixelId: otherId })}); ${searched}`
        serveShop(stage, { '/': pageOf('script tag', { ...config, ...more }, two) })
        const page = await stage.open(shop)
        const ofBoth = (hits: Hit[]) => new Set(hits.map(({ context }) => context.pixel.code)).size === 2
        const first = (await tiktok().waitForHits(ofBoth)).map(({ context }) => context.user.external_id)
        const taken = await host.waitForTaken(2)
        const ids = new Set([...first, ...taken.map(({ visitor }) => visitor)])
        expect(ids.size).toBe(1)
        expect([...ids][0]).toMatch(hash)
        await page.reload()
        const next = await host.waitForTaken(4)
        expect(new Set(next.map(({ visitor }) => visitor))).toEqual(ids)
      },
    )

    test('two instances of the module share one visitor ID', async () => {
      const host = serveRelay(stage)
      const calls = `createConverge(${JSON.stringify({ ...config, pixelId: otherId })}).track('Searched', {}, { eventID: 'two' }); ${searched}`
      serveShop(stage, { '/': pageOf('module', config, calls) })
      await stage.open(shop)
      const [one, two] = await host.waitForTaken(2)
      expect(one?.visitor).toMatch(hash)
      expect(two?.visitor).toBe(one?.visitor)
      const hits = await tiktok().waitForHits((hits) => has('one')(hits) && has('two')(hits))
      expect(new Set(hits.map(({ context }) => context.user.external_id))).toEqual(new Set([one?.visitor]))
    })

    test.each(ways)('generated IDs are URL-safe, at most 40 characters, and unique, through %s', async (way) => {
      const host = serveRelay(stage)
      serveShop(stage, { '/': pageOf(way, config) })
      const page = await stage.open(shop)
      for (let count = 0; count < 50; count++) await track(page, count % 2 ? 'Searched' : 'Added To Cart')
      const ids = (await host.waitForTaken(50)).map(({ eventID }) => eventID)
      for (const id of ids) expect(id).toMatch(/^[\w-]{20,40}$/)
      expect(new Set(ids).size).toBe(50)
    })

    test('a page on http gets such IDs too', async () => {
      const { relay: _, ...alone } = config
      serveShop(stage, { '/': pageOf('script tag', alone) })
      const page = await stage.open('http://www.shop.test/')
      expect(await page.evaluate(() => isSecureContext)).toBe(false)
      const result = await track(page, 'Searched')
      expect(result?.eventID).toMatch(/^[\w-]{20,40}$/)
      const [hit] = await tiktok().waitForHits(has(String(result?.eventID)))
      expect(hit?.context.user.external_id).toMatch(hash)
    })

    test("a new visitor's TikTok cookie is added to events that are sent again, and to the context", async () => {
      const host = serveRelay(stage, 503)
      serveShop(stage, { '/': pageOf('script tag', config, searched), '/two': pageOf('script tag', config) })
      const page = await stage.open(shop)
      await resultOf(page, { eventID: 'one', status: 'retry' })
      await stateOf(page, { pixel: 'live' })
      await expect.poll(() => page.evaluate(() => document.cookie)).toContain('_ttp=')
      const ttp = await page.evaluate(() => /_ttp=([^;]+)/.exec(document.cookie)?.[1])
      expect(await page.evaluate(() => window.converge?.context?.()?.ttp)).toBe(ttp)
      host.status = 202
      expect(await host.waitForTaken(1)).toMatchObject([{ eventID: 'one', ttp }]) // this page's next try
    })

    test('the next page adds it to events of the page before', async () => {
      const host = serveRelay(stage, 503)
      serveShop(stage, { '/': pageOf('script tag', config, searched), '/two': pageOf('script tag', config) })
      const page = await stage.open(shop)
      await expect.poll(() => page.evaluate(() => document.cookie)).toContain('_ttp=')
      const ttp = await page.evaluate(() => /_ttp=([^;]+)/.exec(document.cookie)?.[1])
      await page.goto(`${shop}two`)
      host.status = 202
      expect(await host.waitForTaken(1)).toMatchObject([{ eventID: 'one', ttp }])
    })

    test('without a grant, an event that is sent again does not carry it', async () => {
      const host = serveRelay(stage, 503)
      const mode = { ...config, consent: 'always_server' } as const
      serveShop(stage, {
        '/': `<script>document.cookie = '_ttp=stands;path=/'</script>${pageOf('script tag', mode, searched)}`,
      })
      const page = await stage.open(shop)
      await resultOf(page, { eventID: 'one', status: 'retry' })
      host.status = 202
      const [event] = await host.waitForTaken(1)
      expect(event).not.toHaveProperty('ttp')
      expect(await page.evaluate(() => window.converge?.context?.()?.ttp ?? 'none')).toBe('none')
    })
  },
  ['chromium'],
)
