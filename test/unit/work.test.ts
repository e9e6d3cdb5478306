// What an event costs, by counting. Times are the bench's.

import { expect, test, vi } from 'vitest'
import { startConverge } from '../../src/browser/start.ts'
import type { EventParameters } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { need } from './build.ts'
import { goLive, noParts, openPage, openShop, tracked } from './page.ts'

const checkout = {
  total_price: 20,
  currency: 'EUR',
  items: [
    { product_id: 'P1', price: 15, quantity: 1 },
    { product_id: 'P2', price: 5, quantity: 1 },
  ],
}

test('parameters are computed once per event, for the pixel, the relay and the result', async () => {
  need('relay')
  const page = openPage()
  let made = 0
  const config = {
    pixelId,
    relay: '/relay',
    load: 'immediate',
    get contentType() {
      made++
      return 'product' as const
    },
  } as const
  const converge = startConverge(config, page.window, noParts)
  goLive(page)
  made = 0
  const { destinationEvents } = converge.track('Started Checkout', checkout)
  await Promise.resolve()
  expect(made).toBe(1)
  const [result] = destinationEvents
  expect(result?.via).toEqual(['pixel', 'relay'])
  expect(tracked(page)[0]?.[2]).toStrictEqual(result?.parameters)
  expect(page.posts[0]?.events[0]?.send).toStrictEqual([{ event: 'InitiateCheckout', parameters: result?.parameters }])
})

test("TikTok's script and listeners cannot change what the others get", async () => {
  const { page, converge, track } = openShop({ relay: '/relay', load: 'immediate' })
  goLive(page)
  const write = (parameters: EventParameters = {}) => {
    parameters.currency = 'XXX'
    for (const content of parameters.contents ?? []) content.price = 99
    parameters.contents?.pop()
  }
  const { track: call } = page.ttq.instance(pixelId)
  const instance = Object.assign(page.ttq.instance(pixelId), {
    track(event: string, parameters: EventParameters, options: object) {
      call(event, structuredClone(parameters), options)
      write(parameters)
    },
  })
  page.ttq.instance = () => instance
  converge.on('event', ({ destinationEvents }) => write(destinationEvents[0]?.parameters))
  track('Started Checkout', checkout)
  await Promise.resolve()

  const expected = {
    contents: [
      { content_type: 'product', content_id: 'P1', price: 15, quantity: 1 },
      { content_type: 'product', content_id: 'P2', price: 5, quantity: 1 },
    ],
    content_type: 'product',
    num_items: 2,
    value: 20,
    currency: 'EUR',
  }
  expect(tracked(page)[0]?.[2]).toStrictEqual(expected)
  expect(page.posts[0]?.events[0]?.send[0]?.parameters).toStrictEqual(expected)
})

test('a getter is read once per event, and one that throws only loses its property', () => {
  const read = vi.fn(() => 'P1')
  const item = {
    get product_id() {
      return read()
    },
    price: 5,
  }
  const { page, track } = openShop({
    filters: [{ event: '*', any: [{ property: 'product_ids', operator: 'is_set' }] }],
  })
  track('Started Checkout', { items: [item] })
  expect(read).toHaveBeenCalledTimes(1)
  expect(tracked(page)[0]?.[2]).toMatchObject({ contents: [{ content_id: 'P1', price: 5 }] })

  read.mockImplementation(() => {
    throw new Error('no id')
  })
  track('Started Checkout', { items: [item], product_ids: 'P2' })
  expect(tracked(page)).toHaveLength(1)
  expect(track('Viewed Product', { ...checkout.items[0], name: 'Cap' }).status).toBe('success')
})

test.each<[hashes: number, title: string, properties: object, options?: object]>([
  [0, 'nobody', checkout],
  [1, 'a customer', checkout, { profileProperties: { $customer_id: 'C1' } }],
  [1, 'the first address of a list', checkout, { profileProperties: { $email: ['a@shop.test', 'b@shop.test'] } }],
  [
    1,
    'an address, and has it for an alias, too',
    checkout,
    { profileProperties: { $email: 'a@shop.test' }, aliases: ['urn:email:a@shop.test'] },
  ],
  [0, 'somebody by hashes', checkout, { profileProperties: { $email: 'a'.repeat(64) } }],
])('%i hashes are computed for an event that names %s', (hashes, _, properties, options) => {
  const { track } = openShop()
  track('Started Checkout', checkout) // makes the visitor's id
  let computed = 0
  vi.stubGlobal(
    'TextEncoder',
    class extends TextEncoder {
      override encode(text: string) {
        computed++
        return super.encode(text)
      }
    },
  )
  track('Started Checkout', properties, options)
  vi.unstubAllGlobals()
  expect(computed).toBe(hashes)
})
