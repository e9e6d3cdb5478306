import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import { pixelId } from '../cases/case.ts'
import { classicalSnippet } from '../tiktok/snippet.ts'
import { playEventsApi, serveForwarder } from './built-forwarder.ts'
import { inEachBrowser } from './in-each-browser.ts'
import type { Served } from './network.ts'
import { atRest, consent, has, resultOf, scriptTag, serveShop, stateOf, stub, track } from './shop.ts'

// What docs/ shows of pages and says of them, in Chromium.

/** The code blocks of a guide, by language. */
function blocksOf(guide: string, language: string): string[] {
  const text = readFileSync(new URL(`../../docs/${guide}.md`, import.meta.url), 'utf8')
  const blocks = text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)
  return [...blocks].filter(([, name]) => name === language).map(([, , code = '']) => code)
}
const block = (guide: string, language: string, index = 0) => blocksOf(guide, language)[index] ?? expect.fail()

const host = 'www.shop.example'
const shop = `https://${host}/`
const granted = { analytics: 'granted', marketing: 'granted' } as const
const search = (id: string) => `converge.track('Searched', { query: 'cap' }, { eventID: '${id}' })`
const html = (body: string) => `<!doctype html><meta charset="utf-8"><title>Shop</title>${body}`

const eventsApi = await playEventsApi('an-access-token')

inEachBrowser(
  (stage) => {
    const tiktok = () => stage.network.tiktok

    function serveConverge(config: Partial<ForwarderConfig> = {}): void {
      const needed = {
        accessToken: 'an-access-token',
        allowedOrigins: [`https://${host}`],
        eventsApiUrl: eventsApi.url,
      }
      serveForwarder(stage, 'converge.shop.example', { ...needed, ...config })
    }
    const open = (page: string | Served) => {
      serveShop(stage, { '/': page }, host)
      return stage.open(shop)
    }

    describe('content-security-policy.md', () => {
      const [policy = '', strict = ''] = blocksOf('content-security-policy', 'http').map((line) =>
        line.replace('Content-Security-Policy: ', '').trim(),
      )
      const install = block('content-security-policy', 'html')
      const openUnder = (policy: string, installed = install) =>
        open({
          body: html(`${installed}<script nonce="r4nd0m">${search('one')}</script>`),
          headers: { 'content-security-policy': policy },
        })

      test.each([
        ['the policy with hosts', policy],
        ['the policy with strict-dynamic', strict],
      ])('%s allows both copies, and the parts that are loaded on demand', async (_, policy) => {
        serveConverge({ consentFrom: ['google'], debug: true })
        const page = await openUnder(policy)
        await eventsApi.waitForAccepted(1)
        await tiktok().waitForHits(has('one'))
        await stage.network.waitForRequest(({ path }) => path.endsWith('/consent.js'))
        await stage.network.waitForRequest(({ path }) => path.endsWith('/inspector.js'))
        expect(page.consoleErrors).toEqual([])
      })

      const without = (directive: string, source: string) =>
        policy
          .split('; ')
          .map((part) => (part.startsWith(directive) ? part.replace(` ${source}`, '') : part))
          .join('; ')

      test.each(['script-src', 'connect-src'])(
        'without TikTok in %s the pixel is blocked by csp',
        async (directive) => {
          serveConverge()
          const page = await openUnder(without(directive, 'https://analytics.tiktok.com'))
          await stateOf(page, { pixel: 'blocked', pixelCause: 'csp' })
          await eventsApi.waitForAccepted(1)
          expect(tiktok().hits).toEqual([])
        },
      )

      test('without the forwarder in script-src the nonce allows its files, also those loaded on demand', async () => {
        serveConverge({ consentFrom: ['google'] })
        await openUnder(without('script-src', 'https://converge.shop.example'))
        await stage.network.waitForRequest(({ path }) => path.endsWith('/consent.js'))
        await eventsApi.waitForAccepted(1)
      })

      test('without either nothing is tracked', async () => {
        serveConverge()
        const bare = install.replace('<script nonce="r4nd0m" async', '<script async')
        expect(bare).not.toBe(install)
        const page = await openUnder(without('script-src', 'https://converge.shop.example'), bare)
        await atRest(page)
        expect(await page.evaluate('Array.isArray(converge.q)')).toBe(true)
        expect(stage.network.log.filter((request) => request.host !== host)).toEqual([])
      })

      test("without the forwarder in connect-src events wait in the page's storage", async () => {
        serveConverge()
        const page = await openUnder(without('connect-src', 'https://converge.shop.example'))
        await resultOf(page, { eventID: 'one', status: 'retry', reason: 'relay_down' })
        await stateOf(page, { relay: 'down', outbox: 1 })
        expect(await page.evaluate(() => Object.keys(localStorage).join())).toContain('outbox.')
      })
    })

    describe('self-hosting.md', () => {
      const file = readFileSync(new URL('../../dist/converge.js', import.meta.url))
      const hash = createHash('sha384').update(file).digest('base64')
      const install = (hash: string) =>
        html(
          `<script>${stub}; ${search('one')}</script>${block('self-hosting', 'html').replace('HASH', hash)}<script>converge.consent({ marketing: 'granted' })</script>`,
        )

      test('a file with the right hash runs, and relays to the forwarder', async () => {
        serveConverge({ consent: 'require' })
        await open(install(hash))
        await tiktok().waitForHits(has('one'))
        await eventsApi.waitForAccepted(1)
      })

      test('a file with a wrong hash is refused: calls wait in the stub, and nothing is sent', async () => {
        const page = await open(install(createHash('sha384').update('another file').digest('base64')))
        await stage.network.waitForRequest(({ path }) => path === '/converge.js')
        await atRest(page)
        expect(await page.evaluate('Array.isArray(converge.q)')).toBe(true)
        expect(tiktok().requests).toEqual([])
      })
    })

    describe('consent-by-region.md', () => {
      const page = (attributes: string) =>
        html(
          `<script>${stub}; ${search('one')}</script><script async src="https://converge.shop.example/converge.js" ${attributes}></script>`,
        )

      test('a lenient forwarder serves pages that require consent, and those pages stay strict', async () => {
        serveConverge({ consent: 'implied' })
        const asking = await open(page('data-consent="require"'))
        await resultOf(asking, { eventID: 'one', status: 'no_consent', reason: 'undecided' })
        await atRest(asking)
        expect([tiktok().requests, eventsApi.requests]).toEqual([[], []])
        await consent(asking, granted)
        await eventsApi.waitForAccepted(1)
      })

      test('a lenient forwarder sends events that its other pages track before a decision', async () => {
        serveConverge({ consent: 'implied' })
        await open(page(''))
        await eventsApi.waitForAccepted(1)
        await tiktok().waitForHits(has('one'))
      })
    })

    test("test-events.md: a tab's events are marked on each page if the forwarder allows test codes", async () => {
      serveConverge({ allowTest: true })
      const page = (id: string) =>
        html(
          `<script>${stub}; ${search(id)}</script><script async src="https://converge.shop.example/converge.js"></script>`,
        )
      serveShop(stage, { '/': page('one'), '/two': page('two'), '/three': page('three') }, host)
      const tab = await stage.open(`${shop}?converge_test=TEST12345`)
      // A page that is left before the forwarder's answer hands its event on to the next: by id, not by number.
      const codeOf = async (id: string) =>
        (await eventsApi.waitForAccepted((events) => events.some(({ event_id }) => event_id === id))).find(
          ({ event_id }) => event_id === id,
        )?.test_event_code
      expect(await codeOf('one')).toBe('TEST12345')
      await tab.goto(`${shop}two`)
      expect(await codeOf('two')).toBe('TEST12345')
      const other = await stage.newPage({ shared: tab })
      await other.goto(`${shop}three`)
      expect(await codeOf('three')).toBe(undefined)

      const said: unknown = await other.evaluate(`new Promise((resolve) => {
        const console = { log: (...words) => resolve(words) }
        ${block('test-events', 'js')}
      })`)
      expect(said).toMatchObject(['Searched', 'success', null, [{ event: 'Search', event_id: 'three' }]])
    })

    test('from-tiktok-snippet.md: the new call makes the same hit as the old call', async () => {
      const [before = '', after = ''] = blocksOf('from-tiktok-snippet', 'html')
      const purchase = async (page: string) => {
        await open(html(page))
        const hits = await tiktok().waitForHits((hits) => hits.some(({ event }) => event === 'Purchase'))
        const { event, event_id, properties, context } = hits.find(({ event }) => event === 'Purchase') ?? expect.fail()
        tiktok().reset()
        return { event, event_id, properties, email: context.user.email }
      }
      const snippet = `<script>${classicalSnippet(`ttq.load('${pixelId}')`)}</script>`
      const tag = `<script>${stub}</script>${scriptTag(`data-pixel-id="${pixelId}"`)}`
      expect(await purchase(tag + after)).toEqual(await purchase(snippet + before))
    })

    test("from-converge.md: the calls of Converge's own snippet arrive", async () => {
      await open(html(block('from-converge', 'html')))
      const hits = await tiktok().waitForHits(2)
      expect(hits.map(({ event, properties }) => [event, properties.value])).toEqual([
        ['Pageview', undefined],
        ['AddToCart', 19.9],
      ])
    })

    test('turn-off-old-tracking.md: the console names the pixels of a page, and how often each is loaded', async () => {
      const page = await open(html(`<script>${stub}</script>${scriptTag(`data-pixel-id="${pixelId}"`)}`))
      await stateOf(page, { pixel: 'live' })
      await track(page, 'Searched', {}, { eventID: 'one' })
      const [ids = '', loads = ''] = block('turn-off-old-tracking', 'js').trim().split('\n')
      expect(await page.evaluate(ids)).toEqual([pixelId])
      expect(await page.evaluate(loads)).toBe(1)
    })
  },
  ['chromium'],
)
