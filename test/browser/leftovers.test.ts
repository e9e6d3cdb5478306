import { expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { atRest, consent, pageOf, serveShop, shop, stateOf, stub, ways } from './shop.ts'

// What TikTok's pixel writes, and does not remove by itself when the visitor denies.

const config: Config = { pixelId, load: 'immediate', consent: 'implied' }
const denied = { analytics: 'denied', marketing: 'denied' } as const

/** The names of cookies and keys on the device, except our own. */
const kept = (page: Page): Promise<{ cookies: string[]; session: string[] }> =>
  page.evaluate(() => ({
    cookies: document.cookie
      .split('; ')
      .map((each) => each.split('=')[0] ?? '')
      .filter((name) => /^_?tt/.test(name))
      .sort(),
    session: Object.keys({ ...sessionStorage }).sort(),
  }))

inEachBrowser(
  (stage) => {
    for (const way of ways) {
      test(`a denial removes TikTok's session cookies and session storage, and keeps its opt-out, through ${way}`, async () => {
        serveShop(stage, { '/': pageOf(way, config, `sessionStorage.setItem('shop', '1')`) })
        const page = await stage.open(shop)
        await stateOf(page, { pixel: 'live' })
        await expect
          .poll(() => kept(page))
          .toMatchObject({
            cookies: ['_tt_enable_cookie', '_ttp', 'ttcsid', `ttcsid_${pixelId}`],
          })
        // On any domain that the pixel may choose.
        await page.evaluate(`document.cookie = 'ttcsid=host;path=/'`)
        await page.evaluate(`document.cookie = 'ttcsid_${pixelId}=whole;path=/;domain=www.shop.test'`)
        await consent(page, denied)
        expect(await kept(page)).toEqual({ cookies: ['_tt_enable_cookie'], session: ['shop'] })
        expect(await page.evaluate(() => document.cookie)).toContain('_tt_enable_cookie=0')
        await page.reload()
        await atRest(page)
        expect(await kept(page)).toEqual({ cookies: ['_tt_enable_cookie'], session: ['shop'] })
      })
    }

    test('a pixel that goes live after the denial leaves nothing either', async () => {
      const { tiktok } = stage.network
      let come = () => {}
      tiktok.faults.main.after = new Promise<void>((resolve) => {
        come = resolve
      })
      serveShop(stage, { '/': pageOf('script tag', config, `converge.track('Searched')`) })
      const page = await stage.open(shop)
      await expect.poll(() => tiktok.requests.some((path) => path.endsWith('/main.js'))).toBe(true)
      await consent(page, denied)
      come()
      await stateOf(page, { pixel: 'live' })
      expect(await kept(page)).toEqual({ cookies: ['_tt_enable_cookie'], session: [] })
      await atRest(page)
      expect(tiktok.hits).toEqual([])
    })

    test("each pixel of the page loses its own data, and data of another tracker's pixel is kept", async () => {
      const other = 'C4OTHER0000000000002'
      const calls = `converge.init({ pixelId: '${other}' })`
      serveShop(stage, { '/': pageOf('script tag', config, calls) })
      const page = await stage.open(shop)
      await stateOf(page, { pixel: 'live' })
      await expect.poll(async () => (await kept(page)).cookies).toContain(`ttcsid_${other}`)
      await page.evaluate(`document.cookie = 'ttcsid_C4FOREIGN00000000003=1;path=/'`)
      await consent(page, denied)
      expect((await kept(page)).cookies).toEqual(['_tt_enable_cookie', 'ttcsid_C4FOREIGN00000000003'])
    })

    test('nothing is removed if the visitor has not denied', async () => {
      const page = `<!doctype html><title>Shop</title><script>${stub}
        document.cookie = 'ttcsid=theirs;path=/'; sessionStorage.setItem('tt_sessionId', '1')
        converge.init(${JSON.stringify({ ...config, consent: 'require' })})</script><script async src="/converge.js"></script>`
      serveShop(stage, { '/': page })
      const opened = await stage.open(shop)
      await stateOf(opened, { pixel: 'waiting' })
      await atRest(opened)
      expect(await kept(opened)).toEqual({ cookies: ['ttcsid'], session: ['tt_sessionId'] })
    })
  },
  ['chromium'],
)
