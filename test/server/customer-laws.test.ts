// Random sequences of what can happen to the orders of a few customers, against a model of who is new.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { createForwarder, type Forwarder } from '../../src/server/forwarder.ts'
import { decideCustomer, type FirstOrder } from '../../src/store/customer-history.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { createFolderInMemory } from './node-folder.ts'
import { accessToken, pixelId, shop, webhookToken } from './node-requests.ts'
import { pageCopy, shopCopy } from './start-store.ts'

const minute = 60_000

/** An order, and what may happen to it after it arrived: in any order, between those of others. */
interface Order {
  email: number
  phone: number
  isNamed: boolean
}

const order: fc.Arbitrary<Order> = fc.record({
  email: fc.nat({ max: 2 }),
  phone: fc.nat({ max: 3 }),
  isNamed: fc.boolean(),
})

const later = fc.record({ does: fc.constantFrom('retry', 'page', 'restart'), order: fc.nat(), flag: fc.boolean() })

let sequence = 0

/** The keys of a person, which no other sequence has. */
function personOf({ email, phone, isNamed }: Order): Record<string, string> {
  return {
    $email: `customer-${sequence}-${email}@example.com`,
    // Half of the orders also carry a phone number, which two customers may share.
    ...(isNamed && { $phone_number: `+1917${String(sequence).padStart(6, '0')}${phone}` }),
  }
}

function areSame(one: Order, other: Order): boolean {
  return one.email === other.email || (one.isNamed && other.isNamed && one.phone === other.phone)
}

test('the first order of a customer is a NewCustomerPurchase and no other one is, whatever copies, retries and restarts come in between', async () => {
  const path = join(createFolderInMemory(), 'converge.db')
  const start = Date.now() - 24 * 60 * minute
  let store: Store
  let forwarder: Forwarder

  function open(): void {
    store = createSqliteStore({ path, pixelId, maxBytes: 1e12, reserveBytes: 0 })
    const config = { pixelId, accessToken, webhookToken, allowedOrigins: [shop], newCustomers: { since: '2024-05-01' } }
    // Nothing is sent, so that the file shows what would be.
    forwarder = createForwarder({ ...config, store: { ...store, start: () => {} } }, { log: () => {} })
  }

  async function post(path: string, body: object): Promise<void> {
    const headers = { origin: shop, 'x-webhook-token': webhookToken, 'content-type': 'application/json' }
    const request = new Request(`${shop}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    expect((await forwarder.fetch(request)).status).toBe(202)
  }

  open()
  onTestFinished(() => store.close())
  const scenario = fc.record({ orders: fc.array(order, { minLength: 2, maxLength: 6 }), laters: fc.array(later) })
  await fc.assert(
    fc.asyncProperty(scenario, async ({ orders, laters }) => {
      sequence++
      const idOf = (index: number) => `${sequence}-${index}`
      const timeOf = (index: number) => start + index * minute
      const postShop = (index: number) => {
        const body = shopCopy({ id: idOf(index), time: timeOf(index) })
        const person = orders[index] && personOf(orders[index])
        return post('webhook', { ...body, profile_properties: person })
      }
      /** A page's copy, which says that the customer is new, or not. */
      const postPage = (index: number, flag: boolean) => {
        const names = ['Purchase', ...(flag ? ['NewCustomerPurchase'] : [])]
        const send = names.map((event) => ({ event, parameters: { value: 1, currency: 'EUR' } }))
        return post('events', pageCopy({ id: idOf(index), time: timeOf(index) }, { send, user: {} }))
      }
      let arrived = 0
      const bring = async () => postShop(arrived++)
      await bring()
      for (const { does, order, flag } of laters) {
        const index = order % orders.length
        if (does === 'page') await postPage(index, flag)
        else if (index >= arrived) await bring()
        else if (does === 'retry') await postShop(index)
        else {
          await store.close()
          open()
        }
      }
      while (arrived < orders.length) await bring()

      const database = new DatabaseSync(path, { readOnly: true })
      const isOurs = "event = 'NewCustomerPurchase' AND event_id LIKE ?"
      const rows = database
        .prepare(`SELECT event_id FROM waiting WHERE ${isOurs} ORDER BY event_id`)
        .all(`${sequence}-%`)
      database.close()
      const expected = orders.flatMap((one, index) => {
        const earlier = orders.slice(0, index)
        return earlier.some((other) => areSame(one, other)) ? [] : [idOf(index)]
      })
      expect(rows.map(({ event_id }) => event_id)).toEqual(expected)
    }),
    { numRuns: Number(process.env.CUSTOMER_SEQUENCES ?? 60) },
  )
})

const orders = fc.uniqueArray(fc.record({ id: fc.nat({ max: 20 }).map(String), time: fc.nat({ max: 10 }) }), {
  minLength: 1,
  maxLength: 12,
  selector: ({ id }) => id,
})

/** The history after orders of one key, in the given order. */
function historyOf(list: readonly { id: string; time: number }[]): FirstOrder | undefined {
  let entry: FirstOrder | undefined
  for (const one of list) [entry] = decideCustomer({ ...one, isCovered: true }, [entry]).entries
  return entry
}

test('once all orders are known, the answer for each is whether another one is earlier, in whatever order they came', () => {
  fc.assert(
    fc.property(
      orders.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      ([list, shuffled]) => {
        const entry = historyOf(shuffled)
        for (const one of list) {
          const isLater = list.some((other) => other.id !== one.id && other.time < one.time)
          const { customer, entries } = decideCustomer({ ...one, isCovered: true }, [entry])
          expect(customer).toBe(isLater ? 'returning' : 'new')
          // Asking again changes nothing.
          expect(entries).toEqual([entry])
          // A retry of an order without a time gets a later one.
          const retried = decideCustomer({ ...one, time: one.time + 20, isCovered: true }, [entry])
          if (one.id === entry?.id) expect(retried.customer).toBe('new')
        }
      },
    ),
  )
})
