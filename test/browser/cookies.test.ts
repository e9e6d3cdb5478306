import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeRequest, sendNodeResponse } from 'srvx/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import type { Config, RelayBatch } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { driverOf, type Page } from './browsers.ts'
import { createSqliteStore, playEventsApi, serveForwarder } from './built-forwarder.ts'
import { inEachBrowser, type Stage } from './in-each-browser.ts'
import { atRest, consent, pageOf, relay, serveRelay, serveShop, stub, track } from './shop.ts'

const accessToken = 'secret-access-token'
const month = 2_592_000
const hex = /^[\da-f]{64}$/

const eventsApi = await playEventsApi(accessToken)

interface SetUp {
  /** The shop's page. */
  page: string
  /** The forwarder's base URL. */
  forwarder: string
}

const setUps = {
  'same origin': { page: 'https://www.shop.test/', forwarder: 'https://www.shop.test/tiktok' },
  subdomain: { page: 'https://www.shop.test/', forwarder: 'https://track.shop.test' },
  'other port': { page: 'https://www.shop.test:8443/', forwarder: 'https://www.shop.test/tiktok' },
  'other site': { page: 'https://www.shop.test/', forwarder: 'https://forwarder.test/tiktok' },
} as const satisfies Record<string, SetUp>

const html = (forwarder: string, calls: string) => `<!doctype html><title>Shop</title>
  <script>${stub}</script><script async src="${forwarder}/converge.js"></script><script>${calls}</script>`

/** Serves a shop and its forwarder with a database. Each page tracks a search. */
function serve(stage: Stage, { page, forwarder }: SetUp, config: Partial<ForwarderConfig> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'converge-tiktok-'))
  const store = createSqliteStore({ path: join(folder, 'converge.db'), pixelId })
  onTestFinished(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  const { hostname, pathname } = new URL(forwarder)
  const own = serveForwarder(stage, hostname, {
    ...{ accessToken, allowedOrigins: [new URL(page).origin], eventsApiUrl: eventsApi.url, store, domain: 'shop.test' },
    ...{ consent: 'require', mapping: { mode: 'server_only' } },
    ...config,
  })
  stage.network.serve(new URL(page).hostname, async (req, res, path) => {
    const isOwn = hostname === new URL(page).hostname && path.startsWith(`${pathname}/`)
    if (isOwn) await sendNodeResponse(res, await own.fetch(new NodeRequest({ req, res })))
    else res.writeHead(200, { 'content-type': 'text/html' }).end(html(forwarder, `converge.track('Searched')`))
  })
  return { store }
}

/** Our cookies, by name. */
async function cookiesOf(page: Page) {
  const cookies = await driverOf(page).browserContext().cookies()
  return cookies.filter(({ name }) => name.startsWith('converge.')).sort((a, b) => a.name.localeCompare(b.name))
}

const namesOf = async (page: Page) => (await cookiesOf(page)).map(({ name, domain }) => `${name} ${domain}`)

/** What pages have posted to the forwarder. */
const posts = ({ network }: Stage) =>
  network.log
    .filter(({ method, path, done }) => method === 'POST' && path.endsWith('/events') && done)
    .map(({ body, headers }) => ({ batch: JSON.parse(body) as RelayBatch, headers }))

const posted = (stage: Stage, count = 1) => expect.poll(() => posts(stage).length).toBeGreaterThanOrEqual(count)

inEachBrowser(
  (stage) => {
    describe.each(['same origin', 'subdomain', 'other port'] as const)('page and forwarder of one site: %s', (name) => {
      const { page: shop, forwarder } = setUps[name]

      test('after a grant both cookies last 30 days on the shop’s domain, and scripts can read them', async () => {
        serve(stage, setUps[name])
        const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
        await consent(page, { marketing: 'granted' })
        await expect.poll(async () => (await cookiesOf(page)).length).toBe(2)
        // The script's own cookie of the click is replaced, too.
        await expect.poll(async () => (await cookiesOf(page))[0]?.secure).toBe(true)
        const now = Date.now() / 1000
        const visitor = posts(stage)[0]?.batch.events[0]?.visitor
        expect(visitor).toMatch(hex)
        const alike = { domain: '.shop.test', path: '/', secure: true, httpOnly: false, sameSite: 'Lax' }
        const cookies = await cookiesOf(page)
        expect(cookies).toMatchObject([
          { name: 'converge.ttclid', value: expect.stringMatching(/^E\.C\.P\.click\.\d{13}$/), ...alike },
          { name: 'converge.visitor', value: expect.stringMatching(`^${visitor}\\.\\d{13}$`), ...alike },
        ])
        for (const { expires } of cookies) expect(Math.abs(expires - now - month)).toBeLessThan(60)
        expect(await page.evaluate('document.cookie')).toContain(`converge.visitor=${visitor}`)
      })

      test('a later page sets none of them again, even if storage was emptied, and no request is added', async () => {
        serve(stage, setUps[name])
        const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
        await consent(page, { marketing: 'granted' })
        await expect.poll(async () => (await cookiesOf(page)).length).toBe(2)
        await expect.poll(async () => (await cookiesOf(page))[0]?.secure).toBe(true)
        const before = await cookiesOf(page)
        await page.evaluate(() => localStorage.removeItem('converge.visitor'))
        await page.reload()
        await posted(stage, 2)
        await atRest(page)
        const [first, second, ...others] = posts(stage)
        expect(others).toEqual([])
        expect(second?.batch.events[0]).toMatchObject({
          visitor: first?.batch.events[0]?.visitor,
          ttclid: 'E.C.P.click',
        })
        expect(second?.headers.cookie).toContain('converge.visitor=')
        expect(await cookiesOf(page)).toEqual(before)
        const { hostname, pathname } = new URL(`${forwarder}/`)
        const own = stage.network.log.filter(({ host, path }) => host === hostname && path.startsWith(pathname))
        const scripts = own.filter(({ path }) => path === `${pathname}converge.js`)
        const pages = own.filter(() => hostname === new URL(shop).hostname && pathname === '/')
        expect(own.length - scripts.length - pages.length).toBe(2)
      })

      test('undecided: none is set, and nothing is posted', async () => {
        serve(stage, setUps[name])
        const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
        await expect.poll(() => page.evaluate('typeof converge.context')).toBe('function')
        await atRest(page)
        expect(posts(stage)).toEqual([])
        expect(await namesOf(page)).toEqual([])
      })

      test('denied at once: none is set', async () => {
        serve(stage, setUps[name])
        const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
        await consent(page, { marketing: 'denied' })
        await atRest(page)
        expect(posts(stage)).toEqual([])
        expect(await namesOf(page)).toEqual([])
      })

      test.each(['stays open', 'is left in the same task', 'is closed right after'])(
        'a denial reaches the forwarder, which erases the profile and deletes the cookies: the page %s',
        async (way) => {
          const { store } = serve(stage, setUps[name])
          const profiles = async () => (await store.stats()).profiles?.profiles
          const page = await stage.open('about:blank')
          const tab = await stage.newPage({ shared: page })
          await tab.goto(`${shop}?ttclid=E.C.P.click`)
          await consent(tab, { marketing: 'granted' })
          await expect.poll(async () => (await cookiesOf(page)).length).toBe(2)
          const visitor = posts(stage)[0]?.batch.events[0]?.visitor
          await expect.poll(profiles).toBe(1)
          // What the script cannot delete, the answer does.
          await tab.evaluate(() => Object.defineProperty(document, 'cookie', { get: () => '', set() {} }))
          if (way === 'is left in the same task') {
            const isLeft = driverOf(tab).waitForNavigation()
            await tab.evaluate(() => {
              window.converge?.consent?.({ marketing: 'denied' })
              window.location.href = 'about:blank'
            })
            await isLeft
          } else await consent(tab, { marketing: 'denied' })
          if (way === 'is closed right after') await tab.close()
          await posted(stage, 2)
          expect(posts(stage)[1]?.batch).toMatchObject({ v: 1, events: [], denied: { visitor } })
          await expect.poll(() => namesOf(page)).toEqual([])
          await expect.poll(profiles).toBe(0)
          expect(posts(stage)).toHaveLength(2)
        },
      )
    })

    test('page and forwarder of different sites: no cookie is set, and events arrive', async () => {
      serve(stage, setUps['other site'])
      const page = await stage.open(`${setUps['other site'].page}?ttclid=E.C.P.click`)
      await consent(page, { marketing: 'granted' })
      await eventsApi.waitForAccepted(1)
      await atRest(page)
      // The script's own cookie of the click.
      expect(await namesOf(page)).toEqual(['converge.ttclid .shop.test'])
      expect((await cookiesOf(page))[0]?.value).toBe('E.C.P.click')
      expect(page.consoleErrors).toEqual([])
    })

    test('a forwarder without cookies gets no credentials, and sets none', async () => {
      serve(stage, setUps.subdomain, { cookies: false })
      const page = await stage.open(setUps.subdomain.page)
      await page.evaluate("document.cookie = 'session=1;domain=shop.test'")
      await consent(page, { marketing: 'granted' })
      await posted(stage)
      await atRest(page)
      expect(posts(stage)[0]?.headers.cookie).toBeUndefined()
      expect(posts(stage)[0]?.batch).not.toHaveProperty('cookies')
      expect(await namesOf(page)).toEqual([])
    })

    test('an older forwarder, whose config does not mention denials or cookies, gets neither, and keeps working', async () => {
      const host = serveRelay(stage)
      const config: Config = { pixelId, relay, consent: 'require', load: 'immediate', domain: 'shop.test' }
      const search = `converge.track('Searched')`
      serveShop(stage, { '/': pageOf('script tag', config, search) })
      const page = await stage.open(setUps.subdomain.page)
      for (const _ of ['first grant', 'second grant']) {
        await consent(page, { marketing: 'granted' })
        await track(page, 'Searched')
        await consent(page, { marketing: 'denied' })
      }
      await atRest(page)
      expect(host.requests().map(({ method, headers }) => [method, headers.cookie])).toEqual(
        host.requests().map(() => ['POST', undefined]),
      )
      for (const { batch } of posts(stage)) {
        expect(batch.events.length).toBeGreaterThan(0)
        expect(Object.keys(batch).sort()).toEqual(['events', 'sentAt', 'v'])
      }
    })
  },
  ['chromium'],
)
