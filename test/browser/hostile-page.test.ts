import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { type Hit, never } from '../tiktok/pixel-host.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser, type Stage } from './in-each-browser.ts'
import {
  atRest,
  consent,
  has,
  pageOf,
  relay,
  resultOf,
  scriptTag,
  serveRelay,
  serveShop,
  shop,
  stateOf,
  stub,
  track,
  visit,
  ways,
} from './shop.ts'

const config: Config = { pixelId, load: 'immediate', relay }
const granted = { analytics: 'granted', marketing: 'granted' } as const
const searchedAs = (eventID: string) => `converge.track('Searched', {}, { eventID: '${eventID}' })`
const searched = searchedAs('one')
const sentOnce = (hits: Hit[]) => hits.filter(({ event_id }) => event_id === 'one').length

/** A page that has this markup before our script. */
const behind = (markup: string, page: string) => page.replace('<title>', () => `${markup}<title>`)

const events = (stage: Stage) => stage.network.tiktok.requests.filter((path) => path.includes('/events.js'))

describe('HTML elements that replace properties by their names', () => {
  // https://html.spec.whatwg.org/multipage/dom.html#dom-document-nameditem
  const ofDocument = [
    ...[
      'currentScript',
      'head',
      'body',
      'documentElement',
      'addEventListener',
      'querySelector',
      'referrer',
      'createElement',
    ],
    ...[
      'cookie',
      'prerendering',
      'readyState',
      'visibilityState',
      'location',
      'URL',
      'title',
      'defaultView',
      'scripts',
    ],
  ]
  const tags = [
    (name: string) => `<form name="${name}"><input name="q"><input name="push"></form>`,
    (name: string) => `<img name="${name}" alt="" data-pixel-id="C4OTHER0000000000002">`,
    (name: string) => `<object id="${name}"></object>`,
  ]
  // TikTok's own script needs these, so only the server copy can be sent.
  const neededByTikTok = ['createElement', 'addEventListener', 'currentScript', 'head', 'cookie']

  inEachBrowser(
    (stage) => {
      describe.each(ways)('through %s', (way) => {
        test.each(ofDocument)('an element named like the document property %s breaks nothing', async (name) => {
          const page = await stage.newPage()
          for (const [index, tag] of tags.entries()) {
            const eventID = `by tag ${index}`
            const host = serveRelay(stage)
            serveShop(stage, { '/': behind(tag(name), pageOf(way, config, searchedAs(eventID))) })
            await page.goto(shop)
            expect(await host.waitForTaken(1), tag(name)).toMatchObject([{ eventID }])
            await stateOf(page, { outbox: 0 }) // else the next document may send the event again
            if (!neededByTikTok.includes(name)) await stage.network.tiktok.waitForHits(has(eventID))
          }
        })

        const globals = ['ttq', 'converge', 'cvg', 'TiktokAnalyticsObject']
        const markups: [title: string, markup: (name: string) => string][] = [
          ['a form', (name) => `<form name="${name}"><input name="q"><input name="push"></form>`],
          ['an image', (name) => `<img id="${name}" alt="">`],
          ['two anchors', (name) => `<a id="${name}" name="q">1</a><a id="${name}" name="process">2</a>`],
          ['an iframe of the shop', (name) => `<iframe name="${name}" src="/frame"></iframe>`],
          ['an iframe of another site', (name) => `<iframe name="${name}" src="https://other.test/"></iframe>`],
        ]
        test.each(markups)("%s named like a global of ours or TikTok's breaks nothing", async (_, markup) => {
          const page = await stage.newPage()
          for (const name of globals) {
            const host = serveRelay(stage)
            stage.network.serve('other.test', { '/': '<!doctype html>' })
            const calls = `${searchedAs(name)}; window.isReached = true`
            serveShop(stage, { '/': behind(markup(name), pageOf(way, config, calls)), '/frame': '<!doctype html>' })
            // A stub that finds an element there can't queue; what a page tracks later arrives.
            await page.goto(shop)
            if (!(await page.evaluate('window.isReached'))) {
              const isReal = () =>
                page.evaluate(`!/Window|HTML/.test(String(window.converge)) && !!window.converge.init`)
              await expect.poll(() => isReal().catch(() => false), { message: markup(name) }).toBe(true)
              await page.evaluate((config) => void window.converge?.init?.(config), config)
              await track(page, 'Searched', {}, { eventID: name })
            }
            expect(await host.waitForTaken(1), markup(name)).toMatchObject([{ eventID: name }])
            await stateOf(page, { outbox: 0 }) // else the next document may send the event again
            await stage.network.tiktok.waitForHits(has(name))
          }
        })
      })

      const tagged = scriptTag(`data-pixel-id="${pixelId}" data-load="immediate"`)

      test('an image named currentScript does not change where the inspector is loaded from', async () => {
        stage.network.serve('evil.test', () => {})
        const image = '<img name="currentScript" src="https://evil.test/x.png" data-pixel-id="C4OTHER0000000000002">'
        serveShop(stage, { '/': `<!doctype html><title>Shop</title>${image}${tagged}` })
        const page = await stage.open(`${shop}?converge_debug`)
        await stage.network.waitForRequest(({ host, path }) => host === 'www.shop.test' && path === '/inspector.js')
        await atRest(page)
        const fromEvil = stage.network.log.filter(({ host, path }) => host === 'evil.test' && path !== '/x.png')
        expect(fromEvil).toEqual([])
        expect(events(stage)).toEqual([`/i18n/pixel/events.js?sdkid=${pixelId}&lib=ttq`])
      })

      test.each(['cvg', 'converge'])('a DOM element in window.%s is replaced by the API', async (name) => {
        const markups = [
          `<form id="${name}"><input name="q"><input name="process"></form>`,
          `<a id="${name}"></a><a id="${name}"></a>`,
          `<iframe name="${name}"></iframe>`,
        ]
        for (const markup of markups) {
          serveShop(stage, { '/': `<!doctype html><title>Shop</title>${markup}${tagged}` })
          const page = await stage.open(shop)
          await expect.poll(() => page.evaluate('typeof window.converge?.track'), { message: markup }).toBe('function')
          await page.evaluate(() => {
            window.converge?.track?.('Searched', {}, { eventID: 'by converge' })
            window.cvg?.({ method: 'track', eventName: 'Searched', eventID: 'by cvg' })
          })
          await stage.network.tiktok.waitForHits((hits) => has('by converge')(hits) && has('by cvg')(hits))
          expect(page.consoleErrors).toEqual([])
          await page.close()
          stage.network.tiktok.reset()
        }
      })
    },
    ['chromium'],
  )
})

describe("another program's window.ttq", () => {
  const standIns: [title: string, script: string][] = [
    ['an object without functions', 'window.ttq = {}'],
    ['a no-op object', 'window.ttq = { track() {}, page() {}, load() {}, identify() {} }'],
    ['a function', 'window.ttq = function () {}'],
    ['a callable stub, as other pixels have', 'window.ttq = function () { ttq.queue.push(arguments) }; ttq.queue = []'],
    ['a frozen object', 'window.ttq = Object.freeze({ track() {} })'],
    ['a frozen function', 'window.ttq = Object.freeze(() => {})'],
    ['a proxy', 'window.ttq = new Proxy({}, { get: () => () => {} })'],
    ['a class instance', 'window.ttq = new (class Blocker { track() {} })()'],
    ['text', 'window.ttq = "blocked"'],
    ['a number', 'window.ttq = 1'],
    ['true', 'window.ttq = true'],
  ]

  inEachBrowser(
    (stage) => {
      const withStandIn = (script: string, more: Partial<Config> = {}) =>
        behind(
          `<script>${script}; window.formerTtq = window.ttq</script>`,
          pageOf('script tag', { ...config, ...more }, more.consent ? '' : searched),
        )
      const isAsItWas = (page: Page) => page.evaluate('window.ttq === window.formerTtq')

      test.each(standIns)('is not touched, and only the relay sends: %s', async (_, script) => {
        const host = serveRelay(stage)
        const page = await visit(stage, withStandIn(script))
        expect(await host.waitForTaken(1)).toMatchObject([{ eventID: 'one', pixel: false }])
        expect(await stateOf(page, { pixel: 'blocked' })).toMatchObject({ pixelCause: 'stand_in' })
        expect(await resultOf(page, { eventID: 'one' })).toMatchObject({ status: 'success', reason: 'pixel_blocked' })
        await consent(page, { analytics: 'granted' }) // marketing is denied
        await atRest(page)
        expect(await isAsItWas(page)).toBe(true)
        expect(events(stage)).toEqual([])
        expect(page.consoleErrors.filter((error) => !error.includes('/at-rest'))).toEqual([])
      })

      test.each(standIns)('is replaced after a marketing grant, and waiting events are sent: %s', async (_, script) => {
        const host = serveRelay(stage)
        const page = await visit(stage, withStandIn(script))
        await host.waitForTaken(1)
        await consent(page, granted)
        expect(sentOnce(await stage.network.tiktok.waitForHits(has('one')))).toBe(1)
        await resultOf(page, { eventID: 'one', status: 'success' })
        expect(await isAsItWas(page)).toBe(false)
        await atRest(page)
        expect(host.taken).toHaveLength(1)
      })

      test('is not called under require before the grant', async () => {
        serveRelay(stage)
        const noted = 'window.calls = []; window.ttq = new Proxy({}, { get: (_, name) => () => { calls.push(name) } })'
        const page = await visit(stage, withStandIn(noted, { consent: 'require' }))
        await consent(page, { analytics: 'granted', marketing: 'denied' })
        await consent(page, granted)
        await track(page, 'Searched', {}, { eventID: 'one' })
        await stage.network.tiktok.waitForHits(has('one'))
        expect(await page.evaluate('calls')).toEqual([])
      })
    },
    ['chromium'],
  )
})

describe('URLs and policies', () => {
  inEachBrowser(
    (stage) => {
      const bases = ['https://evil.test/', 'https://evil.test/deep/', '//evil.test', '/elsewhere/', 'data:text/html,']
      test.each(bases)(
        'a relay path is resolved against the page, whatever <base href="%s"> contains',
        async (base) => {
          stage.network.serve('evil.test', () => {})
          const script = `<script>${stub}
          converge.init(${JSON.stringify({ ...config, relay: '/relay' })}); ${searched}</script>`
          const tag = '<script async src="https://www.shop.test/converge.js"></script>'
          serveShop(stage, {
            '/': `<!doctype html><title>Shop</title><base href="${base}">${script}${tag}`,
            '/relay/events': { body: '', status: 202 },
          })
          await stage.open(shop)
          const { host } = await stage.network.waitForRequest(({ path }) => path.endsWith('/relay/events'))
          expect(host).toBe('www.shop.test')
          expect(stage.network.log.filter(({ host }) => host === 'evil.test')).toEqual([])
        },
      )

      test('on a page with Trusted Types the pixel is blocked by csp at once, and the server copy is sent', async () => {
        const host = serveRelay(stage)
        const policy = "require-trusted-types-for 'script'"
        const page = await visit(stage, pageOf('script tag', config, searched), { 'content-security-policy': policy })
        await host.waitForTaken(1)
        const now = await page.evaluate(
          () => new Promise((resolve) => window.converge?.on?.('state', (state) => resolve(state))),
        )
        expect(now).toMatchObject({ pixel: 'blocked', pixelCause: 'csp' })
        expect(await resultOf(page, { eventID: 'one' })).toMatchObject({ status: 'success', reason: 'pixel_blocked' })
        expect(events(stage)).toEqual([])
        // Loading is not marked as begun, so another script can still load the pixel.
        expect(await page.evaluate(`[ttq._i['${pixelId}']._u, ttq._t['${pixelId}']].join()`)).toBe(',')
      })

      test('the default policy in the guide allows the pixel', async () => {
        const policy = "require-trusted-types-for 'script'; trusted-types default"
        const allow = `<script>trustedTypes.createPolicy('default', { createScriptURL(url) {
          if (new URL(url, location.href).origin === 'https://analytics.tiktok.com') return url
          throw new TypeError('Script address not allowed: ' + url)
        } })</script>`
        const { relay: _, ...alone } = config
        await visit(stage, behind(allow, pageOf('script tag', alone, searched)), { 'content-security-policy': policy })
        expect(sentOnce(await stage.network.tiktok.waitForHits(has('one')))).toBe(1)
      })
    },
    ['chromium'],
  )
})

describe("the shop's own snippet for the same pixel", () => {
  const snippet = `
    ttq._i['${pixelId}'] = []
    ttq._i['${pixelId}']._u = 'https://analytics.tiktok.com/i18n/pixel/events.js'
    ttq._t['${pixelId}'] = +new Date()
    ttq._o['${pixelId}'] = {}
    const script = document.createElement('script')
    script.src = ttq._i['${pixelId}']._u + '?sdkid=${pixelId}&lib=ttq'
    document.head.append(script)`

  inEachBrowser(
    (stage) => {
      test.each(ways)(
        'that loads while ours is live doubles no event of ours, at any moment, through %s',
        async (way) => {
          const { tiktok } = stage.network
          const { relay: _, ...alone } = config
          const page = await visit(stage, pageOf(way, alone))
          await stateOf(page, { pixel: 'live' })
          let come = () => {}
          tiktok.faults.events.after = new Promise<void>((resolve) => {
            come = resolve
          })
          const send = (eventID: string) => track(page, 'Searched', {}, { eventID })
          await page.evaluate((code) => new Function(code)(), snippet)
          await send('while it loads')
          come()
          await expect.poll(() => page.evaluate((id) => !!window.ttq._i[id]?.info, pixelId)).toBe(true)
          await send('after it came')
          await page.evaluate(() => void window.ttq.track('End', {}, { event_id: 'end' }))
          const ids = (await tiktok.waitForHits((hits) => hits.filter(({ event }) => event === 'End').length === 2))
            .filter(({ event }) => event === 'Search')
            .map(({ event_id }) => event_id)
          expect(ids).toEqual(['while it loads', 'after it came'])
        },
      )

      test('that never finishes loading loses no event of ours', async () => {
        const { tiktok } = stage.network
        const { relay: _, ...alone } = config
        const page = await visit(stage, pageOf('script tag', alone))
        await stateOf(page, { pixel: 'live' })
        tiktok.faults.events.after = never
        await page.evaluate((code) => new Function(code)(), snippet)
        await track(page, 'Searched', {}, { eventID: 'one' })
        expect(sentOnce(await tiktok.waitForHits(has('one')))).toBe(1)
      })
    },
    ['chromium'],
  )
})
