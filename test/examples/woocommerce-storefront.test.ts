import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { type Element, Window } from 'happy-dom'
import { describe, expect, test } from 'vitest'
import { copyRecord, createEvent } from '../../src/core/event.ts'
import { route } from '../../src/tiktok/route.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import type { Content, EventParameters } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { hasPhp, printPage, storedOrder, thankYou, type WooCommercePage } from './woocommerce-page.ts'

const script = readFileSync(new URL('../../examples/woocommerce/converge-storefront.js', import.meta.url), 'utf8')

let window = new Window()
let document = window.document

/** The part of jQuery that WooCommerce's events need: `trigger` passes the event to `on`, followed by its arguments. */
function jQuery(target: string | Element | null) {
  const element = typeof target === 'string' ? document.querySelector(target) : target
  return {
    on(name: string, listener: (event: unknown, ...given: unknown[]) => void) {
      element?.addEventListener(`jq:${name}`, (event) => {
        listener(event, ...(event instanceof window.CustomEvent ? event.detail : []))
      })
    },
    trigger(name: string, given: unknown[]) {
      element?.dispatchEvent(new window.CustomEvent(`jq:${name}`, { detail: given }))
    },
  }
}

type Sent = [event: string, event_id: string, parameters: EventParameters]

/**
 * A page that the real plugin prints around `form`, with the real script running in it. Returns the events that TikTok
 * receives.
 */
function open(page: WooCommercePage, form = '') {
  window = new Window({ url: 'https://www.shop.example/' })
  document = window.document
  document.body.innerHTML = `${form}${printPage({ products, ...page })}`
  const config = { pixelId }
  const sent: Sent[] = []
  const track = (eventName: string, properties: object = {}, options: { eventID?: unknown } = {}) => {
    const event = createEvent(eventName, copyRecord(properties), options.eventID, () => '')
    for (const one of route(event, readRules(config), config) ?? [])
      sent.push([one.event, event.eventID, one.parameters])
  }
  Object.assign(window, { jQuery })
  runInNewContext(script, { window, document, FormData: window.FormData, converge: { track } })
  return sent
}

/** The added items, as TikTok receives them. */
const added = (sent: Sent[]) =>
  sent.flatMap(([event, , { contents = [], value }]) =>
    event === 'AddToCart'
      ? contents.map((content): Partial<Content> & { value?: number | undefined } => ({ ...content, value }))
      : [],
  )
const query = (selector: string) => document.querySelector(selector) ?? expect.fail(`there is no ${selector}`)
const submit = (form = query('form.cart')) =>
  form.dispatchEvent(new window.Event('submit', { bubbles: true, cancelable: true }))
const press = (number = 0) => {
  const button =
    [...document.querySelectorAll('.ajax_add_to_cart')].filter((one) => one instanceof window.HTMLElement)[number] ??
    expect.fail('no button')
  button.click()
  return button
}

const products: NonNullable<WooCommercePage['products']> = {
  22: { name: 'Scarf', price: 45, sku: 'SCARF' },
  24: { name: 'Gloves &amp; &lt;b&gt; &amp;lt;', price: 30 },
  30: { name: 'Winter set', price: '', type: 'grouped', children: [22, 24] },
  93: { name: 'Cap', price: 19.9, type: 'variable', sku: 'CAP' },
  95: { name: 'Elsewhere', price: 5, type: 'external' },
}

const variations = [
  { variation_id: 94, sku: 'CAP-RED', display_price: 21.9 },
  { variation_id: 96, sku: 'CAP-BLUE', display_price: 23.9 },
]
const variationForm = (chosen: string, listed: unknown = variations) =>
  `<form class="variations_form cart" method="post" data-product_id="93" data-product_variations='${JSON.stringify(listed)}'>
    <input type="number" name="quantity" value="2"><button type="submit">Add to cart</button>
    <input type="hidden" name="add-to-cart" value="93"><input type="hidden" name="product_id" value="93">
    <input type="hidden" name="variation_id" class="variation_id" value="${chosen}"></form>`

describe.skipIf(!hasPhp)('the storefront', () => {
  test('a grouped product adds each child that has a quantity', () => {
    const sent = open(
      { product: 30 },
      `<form class="cart grouped_form" method="post">
        <input type="number" name="quantity[22]" value="2"><input type="number" name="quantity[24]" value="0">
        <input type="checkbox" name="quantity[25]" value="1" checked><input type="number" name="quantity[26]" value="">
        <input type="hidden" name="add-to-cart" value="30"></form>`,
    )
    submit()
    expect(added(sent)).toMatchObject([
      { content_id: '22', content_name: 'Scarf', quantity: 2, value: 90 },
      { content_id: '25', quantity: 1 }, // the plugin knows only its ID
    ])
  })

  test('a grouped product without chosen children adds nothing', () => {
    const sent = open(
      { product: 30 },
      '<form class="cart grouped_form" method="post"><input name="quantity[22]" value="0"></form>',
    )
    submit()
    expect(added(sent)).toEqual([])
  })

  test('a preselected variation is added', () => {
    const sent = open({ product: 93 }, variationForm('96'))
    submit()
    expect(added(sent)).toMatchObject([
      { content_id: '96', content_name: 'Cap', quantity: 2, price: 23.9, value: 47.8 },
    ])
  })

  test('a variation that is chosen later replaces the preselected one', () => {
    const sent = open({ product: 93 }, variationForm('96'))
    jQuery('form.cart').trigger('found_variation', [{ variation_id: 94, sku: 'CAP-RED', display_price: 21.9 }])
    submit()
    query('[name=variation_id]').setAttribute('value', '94')
    submit()
    expect(added(sent)).toMatchObject([
      { content_id: '96', price: 23.9 },
      { content_id: '94', price: 21.9 },
    ])
  })

  test('a variation that WooCommerce fetches has its own price', () => {
    const sent = open({ product: 93 }, variationForm('97', false))
    jQuery('form.cart').trigger('found_variation', [{ variation_id: 97, sku: '', display_price: 25 }])
    submit()
    expect(added(sent)).toMatchObject([{ content_id: '97', price: 25, value: 50 }])
  })

  test('a variation with only a known ID has no price', () => {
    const sent = open({ product: 93 }, variationForm('99', false))
    submit()
    expect(added(sent)).toEqual([{ content_id: '99', content_type: 'product', content_name: 'Cap', quantity: 2 }])
  })

  test.each(['', '0'])('a form whose variation is "%s" adds the product', (chosen) => {
    const sent = open({ product: 93 }, variationForm(chosen))
    submit()
    expect(added(sent)).toMatchObject([{ content_id: '93', quantity: 2 }])
  })

  test('another product’s form on the page adds that product', () => {
    const form = (id: number, quantity: number) =>
      `<form class="cart" method="post"><input name="quantity" value="${quantity}">
        <button type="submit" name="add-to-cart" value="${id}">Add to cart</button></form>`
    const sent = open({ product: 22 }, form(22, 3) + form(24, 1))
    for (const one of document.querySelectorAll('form.cart')) submit(one)
    expect(added(sent)).toMatchObject([
      { content_id: '22', content_name: 'Scarf', quantity: 3, value: 135 },
      { content_id: '24', quantity: 1 },
    ])
    expect(added(sent)[1]).not.toHaveProperty('price')
  })

  test('a form that posts to another site adds nothing', () => {
    const sent = open({ product: 95 }, '<form class="cart" action="https://other.example" method="get"></form>')
    submit()
    expect(sent.map(([event]) => event)).toEqual(['Pageview', 'ViewContent'])
  })

  const buttons = [{ product: 22, quantity: 3 }, { product: 24 }]

  test('a button adds the data-quantity that it has when it is clicked', () => {
    const sent = open({ buttons })
    const button = press()
    jQuery(document.body).trigger('added_to_cart', [{}, 'hash', [button]])
    button.dataset.quantity = '5'
    press()
    button.dataset.quantity = '1'
    jQuery(document.body).trigger('added_to_cart', [{}, 'hash', [button]])
    expect(added(sent)).toMatchObject([
      { content_id: '22', quantity: 3, value: 135 },
      { content_id: '22', quantity: 5, value: 225 },
    ])
  })

  test('a button’s name is kept even if it looks like an entity', () => {
    const sent = open({ buttons })
    press(1)
    document.body.dispatchEvent(new window.CustomEvent('wc-blocks_added_to_cart'))
    expect(added(sent)).toMatchObject([{ content_id: '24', content_name: 'Gloves & <b> &lt;', quantity: 1 }])
  })

  test('two buttons that are clicked before the first answer count once each', () => {
    const sent = open({ buttons })
    const [first, second] = [press(0), press(1)]
    for (const button of [first, second]) {
      jQuery(document.body).trigger('added_to_cart', [{}, 'hash', [button]])
      document.body.dispatchEvent(new window.CustomEvent('wc-blocks_added_to_cart'))
    }
    expect(
      added(sent)
        .map(({ content_id }) => content_id)
        .sort(),
    ).toEqual(['22', '24'])
  })

  test('a product that was added without a click on the page is not tracked', () => {
    const sent = open({ buttons })
    document.body.dispatchEvent(new window.CustomEvent('wc-blocks_added_to_cart'))
    jQuery(document.body).trigger('added_to_cart', [{}, 'hash', []])
    expect(added(sent)).toEqual([])
  })

  const names = (page: WooCommercePage) => open(page).map(([event, event_id]) => [event, event_id].join(' ').trim())

  test('an order is a Purchase, a renewal is not, and an unpaid order is neither', () => {
    expect(names(thankYou(storedOrder))).toEqual(['Pageview', 'Purchase 727'])
    expect(names(thankYou({ ...storedOrder, created_via: 'subscription' }))).toEqual([
      'Pageview',
      'RecurringSubscriptionPaymentSucceeded 727',
    ])
    expect(names(thankYou({ ...storedOrder, status: 'failed' }))).toEqual(['Pageview'])
  })

  test('the order-pay page is only a page view', () => {
    expect(names({ is_checkout: true, query_vars: { 'order-pay': 727 }, order: storedOrder })).toEqual(['Pageview'])
  })
})
