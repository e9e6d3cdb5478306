import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import type { Page } from './browsers.ts'
import { playEventsApi, serveForwarder } from './built-forwarder.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { atRest, consent, resultOf, serveShop, stateOf, told } from './shop.ts'

// Each example that is a page, unchanged, with both of TikTok's hosts simulated.

const file = (path: string) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url))
const example = (path: string) => readFileSync(file(path), 'utf8')
const host = 'www.shop.example'
const shop = `https://${host}/`
const granted = { analytics: 'granted', marketing: 'granted' } as const

const names = (hits: Hit[]) => hits.map(({ event }) => event).filter((event) => event !== 'EnrichAM')
const click = (page: Page, selector: string) =>
  page.evaluate((selector) => document.querySelector<HTMLElement>(selector)?.click(), selector)

const eventsApi = await playEventsApi('an-access-token')

inEachBrowser(
  (stage) => {
    const tiktok = () => stage.network.tiktok
    const namesOnce = async (count: number) => names(await tiktok().waitForHits((hits) => names(hits).length >= count))

    /** The address that the examples load their script from. */
    function serveConverge(config: Partial<ForwarderConfig>): void {
      const needed = {
        accessToken: 'an-access-token',
        allowedOrigins: [`https://${host}`, 'null'],
        eventsApiUrl: eventsApi.url,
      }
      serveForwarder(stage, 'converge.shop.example', { ...needed, ...config })
    }

    test('script-tag: a product page holds its events until the visitor agrees, and then sends them', async () => {
      serveShop(stage, { '/': example('script-tag/index.html') }, host)
      const page = await stage.open(shop)
      await resultOf(page, { eventName: 'Viewed Product', status: 'no_consent' })
      await atRest(page)
      expect(tiktok().requests).toEqual([])

      await consent(page, granted)
      await click(page, '#add')
      expect(await namesOnce(3)).toEqual(['Pageview', 'ViewContent', 'AddToCart'])

      await page.evaluate(() => {
        const form = document.querySelector('form')
        const email = form?.querySelector('input')
        if (email) email.value = 'jane@shop.example'
        form?.requestSubmit()
      })
      const hits = await tiktok().waitForHits((hits) => names(hits).length === 4)
      expect(hits.at(-1)).toMatchObject({ event: 'CompleteRegistration', properties: {} })
      expect(hits.at(-1)?.context.user.email).toMatch(/^[\da-f]{64}$/)
      expect(stage.network.strays).toEqual([])
    })

    test('npm: a bundled thank-you page sends its order once, also after a reload', async () => {
      const { outputFiles } = await build({
        entryPoints: [file('npm/thank-you-page.ts')],
        alias: { 'converge-tiktok': file('../dist/index.js') },
        bundle: true,
        splitting: true,
        format: 'esm',
        outdir: '/',
        write: false,
      })
      const bundle = outputFiles.map(({ path, text }) => [path, text])
      serveShop(
        stage,
        { ...Object.fromEntries(bundle), '/': example('npm/index.html').replace('page.ts', 'page.js') },
        host,
      )
      const page = await stage.open(shop)
      const output = () => page.evaluate(() => document.querySelector('output')?.textContent)
      await expect.poll(output).toBe('Placed Order: no_consent undecided')

      await click(page, 'button')
      expect(told(await tiktok().waitForHits((hits) => names(hits).length === 3))).toEqual([
        expect.stringMatching(/^Pageview /),
        'Purchase 1001',
        'NewCustomerPurchase 1001',
      ])
      await expect.poll(() => page.evaluate(() => Object.keys(localStorage).join())).toContain('sent.')
      await page.reload()
      await expect.poll(output).toBe('Placed Order: skipped already_sent')
      // What nobody asked for is a file of its own, and stays on the server.
      expect(stage.network.log.map(({ path }) => path).filter((path) => /consent|inspector/.test(path))).toEqual([])
    })

    test('consent-banner: a denial applies to the next page too, and a grant sends held events', async () => {
      serveShop(stage, { '/': example('consent-banner/index.html') }, host)
      const isAsking = () => page.evaluate(() => document.querySelector('dialog')?.open)
      const page = await stage.open(shop)
      expect(await isAsking()).toBe(true)
      await click(page, '[value=denied]')
      await resultOf(page, { eventName: '$page_load', status: 'no_consent', reason: 'denied' })
      await page.reload()
      expect(await isAsking()).toBe(false)
      await resultOf(page, { eventName: '$page_load', status: 'no_consent', reason: 'denied' })
      await atRest(page)
      expect(tiktok().requests).toEqual([])
      expect(await page.evaluate(() => document.cookie)).toBe('')

      const other = await stage.open(shop)
      await resultOf(other, { eventName: '$page_load', status: 'no_consent', reason: 'undecided' })
      await click(other, '#settings')
      await click(other, '[value=granted]')
      expect(await namesOnce(1)).toEqual(['Pageview'])
      await other.reload()
      expect(await namesOnce(2)).toEqual(['Pageview', 'Pageview'])
    })

    test("google-tag-manager: GA4's ecommerce events become TikTok's, with tax and shipping in the value", async () => {
      serveShop(
        stage,
        {
          '/': example('google-tag-manager/index.html'),
          '/data-layer.js': example('google-tag-manager/data-layer.js'),
        },
        host,
      )
      const page = await stage.open(shop)
      await resultOf(page, { eventName: 'Viewed Product', status: 'no_consent' })
      await atRest(page)
      expect(tiktok().requests).toEqual([])

      // As Google documents them: developers.google.com/analytics/devguides/collection/ga4/ecommerce
      const item = { item_id: 'SKU_12345', item_name: 'Cap', item_variant: 'green', price: 10.01, quantity: 3 }
      const ecommerce = { currency: 'USD', value: 30.03, items: [item] }
      const pushes = [
        { event: 'view_item_list', ecommerce: { item_list_id: 'caps', item_list_name: 'Caps', items: [item] } },
        { ecommerce: null },
        { event: 'add_to_cart', ecommerce },
        { event: 'begin_checkout', ecommerce: { ...ecommerce, coupon: 'SUMMER_FUN' } },
        { event: 'add_payment_info', ecommerce: { ...ecommerce, payment_type: 'Credit Card' } },
        { event: 'purchase', ecommerce: { ...ecommerce, transaction_id: 'T_12345', tax: 4.9, shipping: 5.99 } },
        { event: 'search', search_term: 'caps' },
      ]
      const length = await page.evaluate((pushes) => {
        const layer: unknown[] = Reflect.get(window, 'dataLayer')
        Reflect.get(window, 'gtag')('consent', 'update', { ad_storage: 'granted', ad_user_data: 'granted' })
        return [layer.push(...pushes), layer.length]
      }, pushes)
      expect(length).toEqual([11, 11]) // a layer's push answers as an array's does

      const hits = await tiktok().waitForHits((hits) => names(hits).length === 8)
      expect(names(hits)).toEqual([
        'Pageview',
        'ViewContent',
        'ViewContent',
        'AddToCart',
        'InitiateCheckout',
        'AddPaymentInfo',
        'Purchase',
        'Search',
      ])
      const purchase = hits.find(({ event }) => event === 'Purchase')
      expect(purchase).toMatchObject({ event_id: 'T_12345', properties: { value: 40.92, currency: 'USD' } })
      expect(purchase?.properties.contents).toEqual([
        { content_id: 'SKU_12345', content_type: 'product', content_name: 'Cap', price: 10.01, quantity: 3 },
      ])
      expect(hits.find(({ event }) => event === 'AddToCart')?.properties).toMatchObject({ value: 30.03, num_items: 3 })
      expect(hits.at(-1)?.properties).toEqual({ query: 'caps', search_string: 'caps' })
    })

    test('woocommerce: a cached page tracks what it shows, and products added by AJAX count once', async () => {
      serveConverge({})
      const cap = { product_id: 9010, variant_id: null, sku: 'CAP', name: 'Cap', price: '19.9', currency: 'EUR' }
      const bag = { ...cap, product_id: 9020, sku: 'BAG', name: 'Bag', price: 45 }
      const variations = [{ variation_id: 90102, sku: 'CAP-RED', display_price: 21.5 }] // one is preselected
      const php = example('woocommerce/converge-tiktok.php')
      const stub = /<<<'JS'\n([\s\S]*?)\n\tJS;/.exec(php)?.[1] ?? expect.fail()
      const printed = (shown: object) => `<!doctype html><title>Shop</title>
        <script>${jQuery}</script><script>${stub}</script>
        <script async src="https://converge.shop.example/converge.js"></script>
        <form class="variations_form cart" method="post" data-product_variations='${JSON.stringify(variations)}'>
          <input name="quantity" value="2"><input type="hidden" name="variation_id" value="90102">
          <input type="hidden" name="add-to-cart" value="9010"><button type="submit">Add to cart</button>
        </form>
        <a class="button add_to_cart_button ajax_add_to_cart" data-quantity="3" data-converge='${JSON.stringify(bag)}'>Add to cart</a>
        <script type="application/json" id="converge-page">${JSON.stringify({ currency: 'EUR', ...shown })}</script>
        <script src="/converge-storefront.js"></script>`
      const order = { id: '1001', total_price: '94.80', currency: 'EUR', items: [{ ...cap, quantity: 2 }] }
      serveShop(
        stage,
        {
          '/': printed({ product: cap }),
          '/checkout/order-received/1001/': printed({ order: { ...order, $email: 'jane@shop.example' } }),
          '/converge-storefront.js': example('woocommerce/converge-storefront.js'),
        },
        host,
      )
      const page = await stage.open(shop)
      await click(page, '.add_to_cart_button span, .add_to_cart_button')
      await page.evaluate(() => {
        // Both of WooCommerce's events, for one product.
        Reflect.get(window, 'jQuery')(document.body).trigger('added_to_cart', [{}, 'hash', []])
        document.body.dispatchEvent(new CustomEvent('wc-blocks_added_to_cart', { bubbles: true }))
      })
      await page.evaluate(() => {
        document.querySelector('form')?.addEventListener('submit', (event) => event.preventDefault())
        document.querySelector('form')?.requestSubmit()
      })
      const added = (await tiktok().waitForHits((hits) => names(hits).length === 4)).slice(-2)
      expect(names(tiktok().hits).sort()).toEqual(['AddToCart', 'AddToCart', 'Pageview', 'ViewContent'])
      expect(added.map(({ properties: { contents, value } }) => ({ contents, value }))).toMatchObject([
        { contents: [{ content_id: '9020', content_name: 'Bag', quantity: 3 }], value: 135 },
        { contents: [{ content_id: '90102', content_name: 'Cap', quantity: 2 }], value: 43 },
      ])

      await page.goto(`${shop}checkout/order-received/1001/`)
      const accepted = await eventsApi.waitForAccepted((events) => events.some(({ event }) => event === 'Purchase'))
      expect(accepted.at(-1)).toMatchObject({ event_id: '1001', properties: { value: 94.8, order_id: '1001' } })
    })

    test('shopify: theme and custom pixel track one visitor, and the cart carries the click ID', async () => {
      serveConverge({ consent: 'require', consentFrom: ['shopify'] })
      const variants = [
        { id: 90101, title: 'Green', sku: 'CAP-G', price: 1990 },
        { id: 90102, title: 'Red', sku: 'CAP-R', price: 2150 },
      ]
      const snippet = rendered(example('shopify/converge-tiktok.liquid'), {
        'template.name': 'product',
        'cart.currency.iso_code': 'EUR',
        product: { id: 9010, title: 'Cap', vendor: 'Hats & Co', type: 'Caps', variants },
        'product.selected_or_first_available_variant.id': 90101,
      })
      serveShop(
        stage,
        {
          '/products/cap': `<!doctype html><title>Cap</title><script>${customerPrivacy}</script>${snippet}
            <script src="/cart-attributes.js"></script>
            <form action="/cart/add" method="post">
              <input name="id" value="90102"><input name="quantity" value="2"><button type="submit">Add</button>
            </form>`,
          '/converge-storefront.js': example('shopify/converge-storefront.js'),
          '/cart-attributes.js': example('shopify-webhook/cart-attributes.js'),
          '/cart/update.js': '{}',
          '/checkouts/1': checkoutPage,
          '/sandbox': sandboxPage({ isAllowed: true }),
        },
        host,
      )
      const page = await stage.open(`${shop}products/cap?ttclid=E.C.P.click`)
      await resultOf(page, { eventName: 'Viewed Product', status: 'no_consent' })
      await atRest(page)
      expect(tiktok().requests).toEqual([])

      await page.evaluate(() => Reflect.get(window, 'decide')())
      await page.evaluate(() => {
        document.querySelector('form')?.addEventListener('submit', (event) => event.preventDefault())
        document.querySelector('form')?.requestSubmit()
      })
      const hits = await tiktok().waitForHits((hits) => names(hits).length === 3)
      expect(names(hits)).toEqual(['Pageview', 'ViewContent', 'AddToCart'])
      expect(hits.find(({ event }) => event === 'AddToCart')?.properties).toMatchObject({
        contents: [{ content_id: '90102', content_name: 'Cap', brand: 'Hats & Co', price: 21.5, quantity: 2 }],
        value: 43,
        currency: 'EUR',
      })
      await stateOf(page, { pixel: 'live', outbox: 0 })
      await eventsApi.waitForAccepted(2)
      const { body } = await stage.network.waitForRequest(
        ({ path, body }) => path === '/cart/update.js' && body.includes('granted'),
      )
      expect(JSON.parse(JSON.parse(body).attributes.__converge)).toMatchObject({
        ttclid: 'E.C.P.click',
        consent: { marketing: 'granted' },
      })

      await page.goto(`${shop}checkouts/1`)
      await page.evaluate((checkout) => Reflect.get(window, 'checkOut')(checkout), checkout)
      const of = (name: string) => eventsApi.accepted.find(({ event }) => event === name)
      // Each is posted by itself, so they may arrive in any order.
      const arrived = await eventsApi.waitForAccepted(2 + checkoutEvents.length)
      expect(new Set(arrived.map(({ event }) => event).slice(2))).toEqual(new Set(checkoutEvents))
      // TikTok's pixel never sends in a sandbox, so only the relay sends the checkout's events.
      expect(names(tiktok().hits)).toEqual(['Pageview', 'ViewContent', 'AddToCart'])
      const [viewed, purchase] = [of('ViewContent'), of('Purchase')]
      expect(purchase).toMatchObject({
        event: 'Purchase',
        event_id: '5678901234567',
        properties: { value: 47.9, currency: 'EUR', order_id: '5678901234567' },
        page: { url: `${shop}checkouts/1` },
        user: { ttclid: 'E.C.P.click', external_id: viewed?.user.external_id, country: 'de' },
      })
      expect(purchase?.user.email).toMatch(/^[\da-f]{64}$/)
      expect(purchase?.user.external_id).toMatch(/^[\da-f]{64}$/)
      expect(await page.evaluate(() => document.cookie)).toContain(`_ttp=${purchase?.user.ttp};`)
      expect(stage.network.strays).toEqual([])
    })

    test('shopify: a custom pixel loads nothing for an undecided visitor, and sends held events after a grant', async () => {
      serveConverge({ consent: 'require' })
      serveShop(stage, { '/checkouts/1': checkoutPage, '/sandbox': sandboxPage({ isAllowed: false }) }, host)
      const page = await stage.open(`${shop}checkouts/1`)
      await page.evaluate((checkout) => Reflect.get(window, 'checkOut')(checkout), checkout)
      await atRest(page)
      expect(stage.network.log.filter((request) => request.host !== host)).toEqual([])

      await page.evaluate(() => Reflect.get(window, 'decide')())
      const sent = await eventsApi.waitForAccepted(3)
      expect(sent.map(({ event }) => event)).toEqual(checkoutEvents)
    })
  },
  ['chromium'],
)

const checkoutEvents = ['InitiateCheckout', 'AddPaymentInfo', 'Purchase']

/** Liquid, as far as the snippet uses it: comments, `json`, and the address of an asset. */
function rendered(liquid: string, values: Record<string, unknown>): string {
  const page = liquid
    .replace(/{% comment %}[\s\S]*?{% endcomment %}/, '')
    .replace(/{{ ([\w.]+) \| json }}/g, (_, path: string) => JSON.stringify(values[path] ?? null))
    .replace(/{{ '([\w.-]+)' \| asset_url }}/g, '/$1')
  expect(page).not.toMatch(/{[{%]/)
  return page
}

/** Of jQuery, what WooCommerce's own events need. */
const jQuery = `
  window.jQuery = (target) => {
    const element = typeof target === 'string' ? document.querySelector(target) : target
    return {
      on(name, listener) { element?.addEventListener('jq:' + name, (event) => listener(event, ...event.detail)) },
      trigger(name, rest) { element?.dispatchEvent(new CustomEvent('jq:' + name, { detail: rest })) },
    }
  }`

/** Shopify's Customer Privacy API in the storefront. */
const customerPrivacy = `
  let marketing = ''
  window.Shopify = {
    routes: { root: '/' },
    loadFeatures(features, callback) {
      Shopify.customerPrivacy = {
        currentVisitorConsent: () => ({ marketing }),
        marketingAllowed: () => marketing === 'yes',
        saleOfDataAllowed: () => true,
        analyticsProcessingAllowed: () => marketing === 'yes',
      }
      callback()
    },
  }
  window.decide = () => {
    marketing = 'yes'
    const detail = { marketingAllowed: true, saleOfDataAllowed: true, analyticsAllowed: true }
    document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail }))
  }`

/** The consent that Shopify passes to a custom pixel. */
function allowed(isAllowed: boolean): string {
  const names = ['analyticsProcessingAllowed', 'marketingAllowed', 'preferencesProcessingAllowed', 'saleOfDataAllowed']
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, isAllowed])))
}

/** Shopify's part of a checkout: it answers the sandbox, and publishes the three events, in order. */
const topFrame = `
  const cookie = (name) => document.cookie.split('; ').find((each) => each.startsWith(name + '='))?.slice(name.length + 1)
  const answers = { cookie: (name) => cookie(name) ?? '', item: (key) => localStorage.getItem(key) }
  const ready = new Promise((resolve) => {
    addEventListener('message', ({ source, data }) => {
      if (data.ask) source.postMessage({ number: data.number, answer: answers[data.ask](data.key) }, '*')
      if (data.isReady) resolve(source)
    })
  })
  window.checkOut = async (checkout) => {
    const pixel = await ready
    for (const name of ['checkout_started', 'payment_info_submitted', 'checkout_completed']) {
      pixel.postMessage({ event: { name, data: { checkout } } }, '*')
    }
  }
  window.decide = async () => (await ready).postMessage({ event: { name: 'visitorConsentCollected', customerPrivacy: ${allowed(true)} } }, '*')`

const checkoutPage = `<!doctype html><title>Checkout</title><script>${topFrame}</script>
  <iframe sandbox="allow-scripts allow-forms" src="/sandbox"></iframe>`

/** The globals of a custom pixel's sandbox. `browser` works on the top frame, asynchronously. */
const sandboxPage = ({ isAllowed }: { isAllowed: boolean }) => `<!doctype html><title>Custom pixel</title><script>
  const asked = []
  const ask = (kind) => (key) => new Promise((resolve) => {
    parent.postMessage({ ask: kind, key, number: asked.push(resolve) - 1 }, '*')
  })
  const listeners = {}
  const subscribe = async (name, listener) => { listeners[name] = listener }
  addEventListener('message', ({ data: { event, number, answer } }) => {
    if (event) listeners[event.name]?.(event)
    else asked[number](answer)
  })
  window.analytics = { subscribe }
  window.browser = { cookie: { get: ask('cookie') }, localStorage: { getItem: ask('item') } }
  window.init = {
    context: {
      document: { location: { href: '${shop}checkouts/1' }, referrer: '${shop}cart' },
      navigator: { userAgent: navigator.userAgent },
    },
    customerPrivacy: ${allowed(isAllowed)},
  }
  window.api = { customerPrivacy: { subscribe } }
</script>
<script>${example('shopify/custom-pixel.js')}</script>
<script>parent.postMessage({ isReady: true }, '*')</script>`

/** As Shopify hands it over: web-pixels-api/standard-events/checkout_completed. */
const checkout = {
  token: '1',
  currencyCode: 'EUR',
  email: 'jane@shop.example',
  phone: null,
  totalPrice: { amount: 47.9, currencyCode: 'EUR' },
  totalTax: { amount: 7.65, currencyCode: 'EUR' },
  discountsAmount: { amount: 0, currencyCode: 'EUR' },
  shippingLine: { price: { amount: 4.9, currencyCode: 'EUR' } },
  shippingAddress: {
    firstName: 'Jane',
    lastName: 'Doe',
    city: 'Berlin',
    countryCode: 'DE',
    provinceCode: 'BE',
    zip: '10115',
    phone: null,
  },
  billingAddress: null,
  order: { id: '5678901234567', customer: { id: '1', isFirstOrder: false } },
  lineItems: [
    {
      title: 'Cap',
      quantity: 2,
      variant: {
        id: '90102',
        sku: 'CAP-R',
        title: 'Red',
        price: { amount: 21.5, currencyCode: 'EUR' },
        product: { id: '9010', title: 'Cap', vendor: 'Hats & Co', type: 'Caps' },
      },
    },
  ],
}
