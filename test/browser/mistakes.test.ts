import { expect, test } from 'vitest'
import { pixelId } from '../cases/case.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import {
  atRest,
  consent,
  hitsLeaveAtOnce,
  pageOf,
  scriptTag,
  serveShop,
  shop,
  stateOf,
  stub,
  told,
  track,
  visit,
} from './shop.ts'

// What a shop gets wrong: a misspelt option, an init that comes too late, a domain that is an address, no pixel ID.

const listen = `<script>
  window.said = []
  for (const level of ['error', 'warn']) console[level] = (first) => said.push(level + ': ' + first)
</script>`
const said = (page: Page): Promise<string[]> => page.evaluate(() => Reflect.get(window, 'said'))
const tag = (attributes = '') => scriptTag(`data-pixel-id="${pixelId}" ${attributes}`).replace('async', '')

inEachBrowser(
  (stage) => {
    const tiktok = () => stage.network.tiktok
    const requests = () => stage.network.log.filter(({ host }) => /tiktok/.test(host))

    test.each([
      ['data-concent="require"', /data-concent="require" is not valid on a tag: did you mean data-consent\?/],
      ['data-Consent-="require"', /data-consent-="require" is not valid on a tag: did you mean data-consent\?/],
      ['data-consent="requre"', /data-consent is "requre", not one of always.*Did you mean require\?/],
      ['data-page-load="auto"', /data-page-load="auto" is not valid on a tag: did you mean data-page-loads\?/],
      ['data-filters="[]"', /data-filters="\[\]" is not valid on a tag: use init for filters/],
      ['data-debug="yes"', /data-debug is "yes", not true or false/],
    ])('a tag with %s starts nothing, and logs the reason', async (attributes, sentence) => {
      const call = `<script>${stub};converge.track('Searched');converge.init({ pixelId: '${pixelId}' })</script>`
      const page = await visit(stage, listen + call + tag(attributes))
      await page.evaluate(() => window.converge?.track?.('Placed Order', { id: '1' }))
      await atRest(page)
      expect(requests()).toEqual([])
      expect(await page.evaluate(() => [document.cookie, localStorage.length, 'ttq' in window])).toEqual(['', 0, false])
      expect(await said(page)).toEqual([expect.stringMatching(sentence)])
    })

    test('attributes of other programs and empty switches are valid', async () => {
      const others =
        'data-cfasync="false" data-nscript="x" data-consent-src="y" data-src="z" data-name="n" data-type="t"'
      const page = await visit(stage, listen + tag(`${others} data-load="immediate" data-limited-data-use`))
      await stateOf(page, { pixel: 'live' })
      expect(await page.evaluate((id) => Reflect.get(window.ttq, '_o')[id]?.limited_data_use, pixelId)).toBe(true)
      expect(await said(page)).toEqual([])
    })

    test.each([
      ["{ pixelId, consnt: 'require' }", /createConverge has no option consnt. Did you mean consent\?/],
      ["{ pixelId, gpc: 'denied' }", /gpc is "denied", not one of limited_data_use, deny, ignore/],
      ['{ pixelId, filters: {} }', /filters is \{\}, not a list of filters/],
      ['', /the config of createConverge is undefined, not an object/],
    ])('createConverge(%s) throws, and starts nothing', async (config, sentence) => {
      const calls = `import { createConverge } from '/index.js'; const pixelId = '${pixelId}'
        try { createConverge(${config}) } catch (error) { window.thrown = error.message }; window.isOver = true`
      const page = await visit(stage, `<!doctype html><script type="module">${calls}</script>`)
      await expect.poll(() => page.evaluate('window.isOver')).toBe(true)
      expect(await page.evaluate(() => Reflect.get(window, 'thrown'))).toMatch(sentence)
      await atRest(page)
      expect(requests()).toEqual([])
    })

    test('an init that requires consent too late stops both copies, and stores nothing', async () => {
      const page = await visit(stage, listen + tag('data-load="immediate"'))
      await stateOf(page, { pixel: 'live' })
      await hitsLeaveAtOnce(page)
      await track(page, 'Placed Order', { id: '1' })
      await tiktok().waitForHits((hits) => told(hits).includes('Purchase 1'))
      const filters = [{ event: 'Searched', any: [{ property: 'q', operator: 'is_set' }] }]
      await page.evaluate(
        (filters) => Reflect.apply(Object(window.converge).init, null, [{ consent: 'require', filters }]),
        filters,
      )
      expect(await track(page, 'Placed Order', { id: '2' })).toMatchObject({
        status: 'no_consent',
        reason: 'undecided',
      })
      await page.evaluate(() => window.ttq.track('Theirs', {}, { event_id: 'theirs' }))
      await atRest(page)
      expect(told(tiktok().hits)).toEqual(['Purchase 1'])
      expect(await page.evaluate(() => [Object.keys(localStorage), document.cookie.includes('converge')])).toEqual([
        [],
        false,
      ])
      expect(await said(page)).toEqual([expect.stringMatching(/^error: .*consent, filters of pixel .* came too late/)])
    })

    test.each(['https://shop.test/', 'www.shop.test', '.SHOP.test', 'shop.test:443/a'])(
      'the click ID is stored for the whole shop with the domain %s, and a denial removes it',
      async (domain) => {
        serveShop(stage, { '/': pageOf('script tag', { pixelId, load: 'immediate', consent: 'implied', domain }) })
        serveShop(stage, { '/': 'another host of the shop' }, 'm.shop.test')
        const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
        await stateOf(page, { pixel: 'live' })
        const cookieOn = async (address: string) => {
          await page.goto(address)
          return page.evaluate(() => document.cookie)
        }
        expect(await cookieOn('https://m.shop.test/')).toContain('converge.ttclid=E.C.P.click')
        await page.goto(shop)
        await consent(page, { marketing: 'denied' })
        expect(await cookieOn('https://m.shop.test/')).not.toContain('converge.ttclid')
      },
    )

    test('with a domain that the browser refuses, the click ID is stored for the host, and a denial removes it', async () => {
      await visit(
        stage,
        pageOf('script tag', { pixelId, load: 'immediate', consent: 'implied', domain: 'other.example' }),
      )
      const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
      await stateOf(page, { pixel: 'live' })
      expect(await page.evaluate(() => document.cookie)).toContain('converge.ttclid=E.C.P.click')
      await consent(page, { marketing: 'denied' })
      expect(await page.evaluate(() => document.cookie)).not.toContain('converge.ttclid')
    })

    test('a page without a pixel ID logs a message once, five seconds after it has loaded', async () => {
      const clock = `<script>
        window.waits = []
        const set = window.setTimeout
        window.setTimeout = (task, delay, ...rest) => (delay === 5000 ? waits.push(task) : set(task, delay, ...rest))
      </script>`
      const page = await visit(stage, clock + listen + scriptTag().replace('async', ''))
      await expect.poll(() => page.evaluate('waits.length')).toBe(1)
      expect(await said(page)).toEqual([])
      await page.evaluate('waits[0]()')
      expect(await said(page)).toEqual([
        expect.stringMatching(/^warn: converge-tiktok: no pixel ID. Put data-pixel-id/),
      ])
    })

    test('with ?converge_debug and no pixel ID the inspector opens, and explains how to set one', async () => {
      serveShop(stage, {
        '/':
          '<script>const set = setTimeout; setTimeout = (task, delay, ...rest) => set(task, 0, ...rest)</script>' +
          scriptTag(),
      })
      const page = await stage.open(`${shop}?converge_debug`)
      const texts = () =>
        page.evaluate(() =>
          Array.from(document.querySelectorAll('*'), ({ shadowRoot }) => shadowRoot?.textContent).join(''),
        )
      await expect.poll(texts).toMatch(/pixel ID/)
    })
  },
  ['chromium'],
)
