import { expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { driverOf, type Page } from './browsers.ts'
import { inEachBrowser, type Stage } from './in-each-browser.ts'
import { atRest, pageOf, relay, serveRelay, serveShop, shop, track } from './shop.ts'

// ?converge_test and ?converge_debug apply to a tab, through its name. The page that opens a tab can write that name, too.

const config: Config = { pixelId, load: 'immediate', relay }
const page = pageOf('script tag', config)

/** The test code that an event of this page carries. */
async function testCodeOf(stage: Stage, page: Page): Promise<string | undefined> {
  const host = serveRelay(stage)
  await track(page, 'Searched')
  return (await host.waitForTaken(1))[0]?.test
}

/** Serves another site that opens the shop so, without a referrer, and returns the tab that it opens. */
async function openedBy(stage: Stage, open: string): Promise<Page> {
  serveShop(stage, { '/': page, '/two': page })
  stage.network.serve('other.test', {
    '/': `<!doctype html><title>Other</title><meta name="referrer" content="no-referrer"><a href="${shop}" target="converge_test=SPY">shop</a><button onclick="${open}">`,
  })
  const opener = await stage.open('https://other.test/')
  const context = driverOf(opener).browserContext()
  const came = context.waitForTarget((target) => target.type() === 'page' && target.url().startsWith(shop))
  await driverOf(opener).evaluate(() => document.querySelector<HTMLElement>('button')?.click())
  const opened = await (await came).page()
  if (!opened) throw new Error('No tab was opened.')
  return {
    consoleErrors: [],
    goto: async (url) => void (await opened.goto(url)),
    reload: async () => void (await opened.reload()),
    back: async () => void (await opened.goBack()),
    evaluate: ((code: string, ...rest: unknown[]) => opened.evaluate(code, ...rest)) as Page['evaluate'],
    forget: async () => false,
    close: () => opened.close(),
  }
}

inEachBrowser(
  (stage) => {
    test.each([
      `window.open('${shop}', 'converge_test=SPY')`,
      `window.open('${shop}', 'converge_debug')`,
      `window.open('${shop}', 'converge_test=SPY', 'noopener')`,
      `document.querySelector('a').click()`,
      `const tab = window.open('/', 'converge_test=SPY'); tab.location = '${shop}'`,
    ])('a tab name given by another site is ignored: %s', async (open) => {
      const tab = await openedBy(stage, open)
      expect(await testCodeOf(stage, tab)).toBeUndefined()
      expect(stage.network.log.map(({ path }) => path)).not.toContain('/inspector.js')
      await tab.goto(`${shop}two`)
      expect(await testCodeOf(stage, tab)).toBeUndefined()
    })

    test('a page of another site that names its own tab and links to the shop is ignored', async () => {
      serveShop(stage, { '/': page })
      stage.network.serve('other.test', {
        '/': `<!doctype html><title>Other</title><script>name = 'converge_test=SPY'; location = '${shop}'</script>`,
      })
      const tab = await stage.open('https://other.test/')
      await expect.poll(() => tab.evaluate(() => location.host)).toBe('www.shop.test')
      expect(await testCodeOf(stage, tab)).toBeUndefined()
    })

    test.each([
      ['?converge_test=TEST_1-a', 'TEST_1-a'],
      ['?a=1&converge_test=T&b=2', 'T'],
      [`?converge_test=${'a'.repeat(64)}`, 'a'.repeat(64)],
      [`?converge_test=${'a'.repeat(65)}`, undefined],
      ['?xconverge_test=T', undefined],
      ['?converge_testing=T', undefined],
      ['?a=converge_test=T', undefined],
      ['?converge_test=', undefined],
      ['?converge_test=%3Cb%3E', undefined],
      ['?converge_test=a%20b', undefined],
      ['#?converge_test=T', undefined],
    ])("for the query %s the test code is %s, also on the tab's next page", async (query, code) => {
      serveShop(stage, { '/': page, '/two': page })
      const tab = await stage.open(`${shop}${query}`)
      expect(await testCodeOf(stage, tab)).toBe(code)
      await tab.goto(`${shop}two`)
      expect(await testCodeOf(stage, tab)).toBe(code)
      await atRest(tab)
    })
  },
  ['chromium'],
)
