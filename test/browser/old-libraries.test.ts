import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { has, keysOf, pageOf, relay, resultOf, serveRelay, serveShop, shop, stateOf, type Way, ways } from './shop.ts'

// Old shops carry libraries that replace or extend what the language has, and functions by the names of its classes.

interface OldPage {
  /** Runs before our script. */
  script: string
  /** Where Debian puts the library. */
  path?: string
}

/** Debian's libjs-prototype and libjs-mootools. */
const debian = '/usr/share/javascript'

const oldPages: Record<string, OldPage> = {
  'Prototype 1.7.3': { script: '', path: `${debian}/prototype/prototype-1.7.3.js` },
  'MooTools 1.4.5': { script: '', path: `${debian}/mootools/mootools-core-nc.js` },
  'Prototype 1.6, by hand': {
    script: `
      Array.prototype.toJSON = function () { return '[' + this.map(String).join(', ') + ']' }
      Object.prototype.constructor.toJSON = function (value) { return JSON.stringify(value) }
      String.prototype.toJSON = function () { return '"' + this + '"' }
      Number.prototype.toJSON = function () { return String(this) }
      Date.prototype.toJSON = function () { return '"' + this.toISOString() + '"' }
      Array.prototype.reduce = function () { return this.length > 1 ? this : this[0] }
      Array.from = function (list) { return Array.prototype.slice.call(list) }
      Object.keys = function (object) { var names = []; for (var name in object) names.push(name); return names }
      Array.prototype.each = Array.prototype.forEach
      Array.prototype.find = function (test) { for (var i = 0; i < this.length; i++) if (test(this[i])) return this[i] }
      Array.prototype.clear = function () { this.length = 0; return this }
      Function.prototype.bind = function (holder) { var own = this; return function () { return own.apply(holder, arguments) } }`,
  },
  'an array of json2.js': { script: 'Array.prototype.toJSON = function () { return this.join() }' },
  'an Object.prototype with functions of its own': {
    script: `Object.prototype.extend = function () {}; Object.prototype.toJSONString = function () { return '' }
      Array.prototype.contains = function () { return false }`,
  },
  'functions by the names of classes': {
    script: ['Map', 'Set', 'WeakMap', 'WeakSet', 'Symbol', 'Proxy', 'Intl', 'BigInt', 'WeakRef', 'Iterator', 'Event']
      .map((name) => `function ${name}() {}`)
      .join('\n'),
  },
  'variables by the names of classes': {
    script: 'var Map = {}, Set = document, WeakMap = null, Symbol = 1, Option = [], name = "", status = ""',
  },
  'frozen built-in objects': {
    script:
      'for (const one of [Object, Array, Object.prototype, Array.prototype, Function.prototype]) Object.freeze(one)',
  },
}

const order = {
  id: '1001',
  total_price: 57.8,
  currency: 'EUR',
  items: [
    { product_id: '9010', name: 'Cap', price: 19.9, quantity: 2 },
    { product_id: '9020', name: 'Bag', price: '18', quantity: 1 },
  ],
}
const purchase = {
  contents: [
    { content_id: '9010', content_name: 'Cap', price: 19.9, quantity: 2 },
    { content_id: '9020', content_name: 'Bag', price: 18, quantity: 1 },
  ],
  value: 57.8,
  currency: 'EUR',
  order_id: '1001',
}
const config: Config = { pixelId, load: 'immediate', relay }
const hash = /^[\da-f]{64}$/

/** TikTok's own script overwrites a list's push, which frozen prototypes forbid. */
const isOurs = (error: string) => !error.includes("'push'")

/** The members of the page's prototypes. None may be removed or added. */
const noteLanguage = `<script>
  window.language = () => [Object, Array, Function, String, Object.prototype, Array.prototype, Function.prototype]
    .map((one) => Object.getOwnPropertyNames(one).join()).join('|')
  window.formerLanguage = language()
</script>`

inEachBrowser(
  (stage) => {
    for (const [title, { script, path }] of Object.entries(oldPages)) {
      if (path !== undefined && !existsSync(path)) {
        test.skip(`${title} is left out: ${path} is not on this machine`)
        continue
      }
      const before = `<script>${path === undefined ? script : readFileSync(path, 'utf8')}</script>${noteLanguage}`
      const serve = (way: Way, more: Partial<Config> = {}, calls = '') =>
        serveShop(stage, {
          '/': pageOf(way, { ...config, ...more }, calls).replace('<title>', () => `${before}<title>`),
          '/two': pageOf(way, { ...config, ...more }),
        })
      const trackOrder = `converge.track('Placed Order', ${JSON.stringify(order)})`

      test.each(ways)(`${title}: an anonymous visitor's order is complete in both copies, through %s`, async (way) => {
        const host = serveRelay(stage)
        serve(way, {}, trackOrder)
        const page = await stage.open(shop)
        const [event] = await host.waitForTaken(1)
        const hit = (await stage.network.tiktok.waitForHits(has('1001'))).find(({ event_id }) => event_id === '1001')
        expect(event).toMatchObject({ eventID: '1001', send: [{ event: 'Purchase', parameters: purchase }] })
        expect(event?.visitor).toMatch(hash)
        expect(hit?.properties).toMatchObject(purchase)
        expect(hit?.context.user.external_id).toBe(event?.visitor)
        expect(await page.evaluate('language() === formerLanguage')).toBe(true)
        expect(page.consoleErrors.filter(isOurs)).toEqual([])
      })

      test(`${title}: the stored visitor and outbox are complete on the next page`, async () => {
        const host = serveRelay(stage, 503)
        const identify = `converge.set({ profileProperties: { $email: 'jane@example.com' } })`
        serve('script tag', {}, `${identify}; ${trackOrder}`)
        const page = await stage.open(shop)
        await resultOf(page, { eventID: '1001', status: 'retry' })
        expect(await keysOf(page, 'outbox')).toHaveLength(1)
        host.status = 202
        await page.goto(`${shop}two`)
        const [event] = await host.waitForTaken(1)
        expect(event).toMatchObject({ eventID: '1001', send: [{ event: 'Purchase', parameters: purchase }] })
        await stateOf(page, { pixel: 'live' })
        await page.evaluate(() => void window.converge?.track?.('Searched', { query: 'cap' }, { eventID: 'two' }))
        const next = (await host.waitForTaken(2))[1]
        expect(next?.user).toEqual(event?.user)
        expect(next?.user.email).toMatch(hash)
        expect(page.consoleErrors.filter((error) => isOurs(error) && !error.includes('503'))).toEqual([])
      })
    }
  },
  ['chromium'],
)
