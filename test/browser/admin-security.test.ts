import { describe, expect, test } from 'vitest'
import {
  accessToken,
  adminToken,
  adminUrl,
  mountAdmin,
  operatorOf,
  order,
  pageThatTracks,
  patience,
} from './admin-stage.ts'
import { driverOf } from './browsers.ts'
import { playEventsApi } from './built-forwarder.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { serveShop, shop } from './shop.ts'

const eventsApi = await playEventsApi(accessToken)

/** Each of them would run if it were anything but text. They set `window.wasRun`. */
const attacks = [
  '<img src=x onerror="window.wasRun=1">',
  '<script>window.wasRun=1</script>',
  '</script><script>window.wasRun=1</script>',
  '"><svg onload="window.wasRun=1">',
  'javascript:window.wasRun=1',
  '{{window.wasRun=1}}',
]

/** Some of their letters are escaped or cut by the intake, so only the first ones are looked for. */
const beginning = (attack: string) => attack.slice(0, 12)

inEachBrowser(
  (stage) => {
    describe('texts from events are shown as text, and never run', () => {
      test.each(attacks)('in an order: %s', async (attack) => {
        eventsApi.faults.of = () => ({ code: 40002, message: `value ${attack}` })
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order(attack, { currency: attack }), { ...order('1001'), event_name: attack })
        await settled()
        const page = await stage.open(`${adminUrl}#events`)
        const { signIn, shows, text } = operatorOf(page)
        await signIn()
        await shows(beginning(attack), '.row')
        await page.evaluate(() => {
          for (const row of document.querySelectorAll<HTMLElement>('.row')) row.click()
        })
        await shows('What came in', '.details')
        for (const view of ['dead-letters', 'today', 'setup']) {
          await page.evaluate((view) => location.assign(`#${view}`), view)
          await expect.poll(async () => (await text('h1')).join(), patience).not.toBe('Events')
          if (view === 'dead-letters') await shows(beginning(attack), '.letters')
        }
        expect(await page.evaluate('window.wasRun')).toBe(undefined)
        expect(
          await page.evaluate(() => document.querySelectorAll('#app :is(img, script, iframe, svg[onload])').length),
        ).toBe(0)
        expect(page.consoleErrors.filter((error) => !error.includes('401'))).toEqual([])
      })

      test('in what a page of the shop posts, and in the URL’s hash', async () => {
        mountAdmin(stage, eventsApi)
        const [attack = ''] = attacks
        serveShop(stage, { '/': pageThatTracks('Placed Order', { id: attack, total_price: 5, currency: 'EUR' }) })
        await stage.open(shop)
        await eventsApi.waitForAccepted(1)
        const filters = new URLSearchParams({ q: attack, event: attack, source: attack, status: attack, day: attack })
        const page = await stage.open(`${adminUrl}#events`)
        const { signIn, shows } = operatorOf(page)
        await signIn()
        await shows(beginning(attack), '.row')
        await page.evaluate((query) => location.assign(`#events?${query}`), filters.toString())
        await shows('Clear filters', '.filters')
        expect(await page.evaluate('window.wasRun')).toBe(undefined)
      })
    })

    test('the page asks no other host for anything, and runs under its own strict policy', async () => {
      const { post, settled } = mountAdmin(stage, eventsApi)
      await post(order('1001'))
      await settled()
      const page = await stage.open(adminUrl)
      const { signIn, shows, click } = operatorOf(page)
      await signIn()
      for (const view of ['Events', 'Dead letters', 'Setup', 'Today']) {
        await click(view, 'nav')
        await shows(view, 'h1')
      }
      expect(new Set(stage.network.log.map(({ host }) => host))).toEqual(new Set(['ops.shop.test']))
      expect(stage.network.strays).toEqual([])
      const { headers } = await fetchWithin(page.evaluate, adminUrl)
      const policy = Object.fromEntries(
        (headers['content-security-policy'] ?? '').split('; ').map((one) => one.split(/ (.*)/)),
      )
      expect(policy).toMatchObject({
        'default-src': "'none'",
        'script-src': expect.stringMatching(/^'sha256-[^ ]+'$/),
        'style-src': expect.stringMatching(/^'sha256-[^ ]+'$/),
        'frame-ancestors': "'none'",
        'base-uri': "'none'",
        'form-action': "'none'",
      })
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      // The first summary is asked for without a session.
      expect(page.consoleErrors.filter((error) => !error.includes('401'))).toEqual([])
    })

    describe('a request that another site makes with the operator’s session', () => {
      // The shop's own pages count as the same site, so their requests have a SameSite cookie.
      test.each(['https://evil.test/', shop])('changes nothing: from %s', async (origin) => {
        eventsApi.faults.of = () => ({ code: 40002, message: 'refused' })
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'))
        await settled()
        const page = await stage.open(`${adminUrl}#dead-letters`)
        const { signIn, shows } = operatorOf(page)
        await signIn()
        await shows('1001', '.letters')
        const target = adminUrl.replace('/admin', '/admin/api/dead-letters/drop')
        const form = `<form method="post" enctype="text/plain" action="${target}" target="frame">
          <input name='{"ids":"all","x":"' value='"}'></form><iframe name="frame"></iframe>`
        stage.network.serve(new URL(origin).hostname, { '/': `<!doctype html><title>Other</title>${form}` })
        const other = await stage.newPage({ shared: page })
        await other.goto(origin)
        await other.evaluate(async (url) => {
          const body = JSON.stringify({ ids: 'all' })
          const ways: RequestInit[] = [
            { mode: 'no-cors', headers: { 'content-type': 'text/plain' } },
            { mode: 'cors', headers: { 'content-type': 'application/json' } },
            { mode: 'cors', headers: { 'content-type': 'text/plain' } },
          ]
          for (const way of ways)
            await fetch(url, { method: 'POST', credentials: 'include', body, ...way }).catch(() => {})
          const answered = new Promise((resolve) => document.querySelector('iframe')?.addEventListener('load', resolve))
          document.querySelector('form')?.submit()
          await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 2000))])
        }, target)
        expect(
          stage.network.log.filter(({ path, method }) => method === 'POST' && path.endsWith('/drop')).length,
        ).toBeGreaterThan(1)
        await page.reload()
        await shows('1001', '.letters')
      })

      test.each(['https://evil.test/', shop])('cannot read the events: from %s', async (origin) => {
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'))
        await settled()
        const page = await stage.open(`${adminUrl}#events`)
        const { signIn, shows } = operatorOf(page)
        await signIn()
        await shows('1001', '.row')
        stage.network.serve(new URL(origin).hostname, { '/': '<!doctype html><title>Other</title>' })
        const other = await stage.newPage({ shared: page })
        await other.goto(origin)
        const read = await other.evaluate(
          (url) =>
            fetch(url, { credentials: 'include' }).then(
              (answer) => answer.text(),
              () => 'blocked',
            ),
          adminUrl.replace('/admin', '/admin/api/events'),
        )
        expect(read).toBe('blocked')
      })
    })

    test('the page cannot be put into a frame of another site', async () => {
      mountAdmin(stage, eventsApi)
      stage.network.serve('evil.test', {
        '/': `<!doctype html><title>Other</title><iframe src="${adminUrl}"></iframe>`,
      })
      const page = await stage.open('https://evil.test/')
      await expect.poll(() => page.consoleErrors.join(), patience).toContain('frame-ancestors')
    })

    test('/admin on an origin of the shop answers 404, with a token or without', async () => {
      mountAdmin(stage, eventsApi, { allowedOrigins: [shop.slice(0, -1), new URL(adminUrl).origin] })
      const page = await stage.open(shop.replace('www', 'ops'))
      const statuses = await page.evaluate(
        async (urls, token) => {
          const post = {
            method: 'POST',
            body: JSON.stringify({ token }),
            headers: { 'content-type': 'application/json' },
          }
          const answers = [fetch(urls[0] ?? ''), fetch(urls[1] ?? ''), fetch(urls[2] ?? '', post)]
          return (await Promise.all(answers)).map(({ status }) => status)
        },
        [adminUrl, `${adminUrl}/api/summary`, `${adminUrl}/api/sign-in`],
        adminToken,
      )
      expect(statuses).toEqual([404, 404, 404])
      expect(await driverOf(page).browserContext().cookies()).toEqual([])
    })
  },
  ['chromium'],
)

/** Fetches from within a page, and returns the headers. */
function fetchWithin(
  evaluate: (
    code: (url: string) => Promise<{ headers: Record<string, string> }>,
    url: string,
  ) => Promise<{ headers: Record<string, string> }>,
  url: string,
): Promise<{ headers: Record<string, string> }> {
  return evaluate(async (url) => ({ headers: Object.fromEntries([...(await fetch(url)).headers]) }), url)
}
