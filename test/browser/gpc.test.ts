import { describe, expect, test } from 'vitest'
import type { Config, ConsentMode } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { driverOf, type Page } from './browsers.ts'
import { inEachBrowser, type Stage } from './in-each-browser.ts'
import { atRest, consent, has, pageOf, relay, resultOf, serveRelay, serveShop, shop, track, ways } from './shop.ts'

const modes: ConsentMode[] = ['require', 'implied', 'always', 'always_server']
const granted = { analytics: 'granted', marketing: 'granted' } as const

/** Opens the shop in a browser that sends Global Privacy Control. */
async function openWithGpc(stage: Stage): Promise<Page> {
  const page = await stage.newPage()
  await driverOf(page).evaluateOnNewDocument(() => {
    Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })
  })
  await page.goto(shop)
  return page
}

inEachBrowser(
  (stage) => {
    describe.each(ways)('through %s', (way) => {
      const serve = (config: Partial<Config>) =>
        serveShop(stage, {
          '/': pageOf(
            way,
            { pixelId, load: 'immediate', relay, ...config },
            `converge.track('Searched', {}, { eventID: 'one' })`,
          ),
        })
      const gpcOf = (page: Page) =>
        page.evaluate(() => (window.shopConverge ?? window.converge)?.context?.()?.gpc ?? 'absent')

      test.each(modes)('gpc: deny stops both copies until a grant, with consent: %s', async (mode) => {
        const host = serveRelay(stage)
        serve({ gpc: 'deny', consent: mode })
        const page = await openWithGpc(stage)
        expect(await resultOf(page, { eventID: 'one' })).toMatchObject({ status: 'no_consent', reason: 'denied' })
        await atRest(page)
        expect(host.requests()).toEqual([])
        expect(stage.network.tiktok.requests).toEqual([])
        expect(await gpcOf(page)).toBe(true)

        await consent(page, granted)
        await track(page, 'Searched', {}, { eventID: 'two' })
        await stage.network.tiktok.waitForHits(has('two'))
        expect(await host.waitForTaken(1)).toMatchObject([{ eventID: 'two', gpc: true, consent: granted }])
      })

      test('by default both copies are sent with limited data use', async () => {
        const host = serveRelay(stage)
        serve({})
        const page = await openWithGpc(stage)
        const [hit] = await stage.network.tiktok.waitForHits(has('one'))
        expect(hit).toMatchObject({ limited_data_use: true })
        expect(await host.waitForTaken(1)).toMatchObject([{ eventID: 'one', gpc: true }])
        expect(await gpcOf(page)).toBe(true)
      })

      test.each<Partial<Config>>([{ gpc: 'ignore' }, { gpc: 'ignore', consent: 'implied' }])(
        'the signal is not sent with %o',
        async (config) => {
          const host = serveRelay(stage)
          serve(config)
          const page = await openWithGpc(stage)
          const [hit] = await stage.network.tiktok.waitForHits(has('one'))
          expect(hit?.limited_data_use).not.toBe(true)
          const [event] = await host.waitForTaken(1)
          expect(event).not.toHaveProperty('gpc')
          expect(await gpcOf(page)).toBe('absent')
        },
      )
    })

    test('a browser without the signal sends no mark', async () => {
      const host = serveRelay(stage)
      const config: Config = { pixelId, load: 'immediate', relay, gpc: 'deny' }
      serveShop(stage, { '/': pageOf('script tag', config, `converge.track('Searched', {}, { eventID: 'one' })`) })
      await stage.open(shop)
      const [event] = await host.waitForTaken(1)
      expect(event).not.toHaveProperty('gpc')
      const [hit] = await stage.network.tiktok.waitForHits(has('one'))
      expect(hit?.limited_data_use).not.toBe(true)
    })
  },
  ['chromium'],
)
