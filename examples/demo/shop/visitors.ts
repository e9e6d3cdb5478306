// The shop's visitors: a cart and the orders of each session, in memory.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Decision } from '../../../src/types.ts'
import type { Product, Variant } from './catalog.ts'

export interface Line {
  product: Product
  variant: Variant
  quantity: number
}

export interface Contact {
  email: string
  phone: string
  first_name: string
  last_name: string
  city: string
  zip_code: string
}

export interface Order {
  id: string
  lines: Line[]
  contact: Contact
  isNewCustomer: boolean
}

export interface Visitor {
  cart: Line[]
  orders: Order[]
}

export interface Visitors {
  /** The visitor of a request. No cookie is set until there is something to remember. */
  of(request: IncomingMessage): Visitor
  remember(visitor: Visitor, response: ServerResponse): void
  /** Turns the cart into an order. */
  order(visitor: Visitor, contact: Contact): Order
  /** Deletes all visitors. */
  reset(): void
}

export function createVisitors(): Visitors {
  const visitors = new Map<string, Visitor>()
  const customers = new Set<string>()
  // Start with a number that no earlier run has used, because browsers remember the orders that they have sent.
  let lastOrder = Math.floor(Date.now() / 1000) % 10_000_000

  return {
    of: (request) => visitors.get(cookieOf(request, 'shop_session')) ?? { cart: [], orders: [] },
    remember(visitor, response) {
      if ([...visitors.values()].includes(visitor)) return
      const session = randomUUID()
      visitors.set(session, visitor)
      response.setHeader('set-cookie', `shop_session=${session}; Path=/; HttpOnly; SameSite=Lax`)
    },
    order(visitor, contact) {
      const isNewCustomer = !customers.has(contact.email)
      customers.add(contact.email)
      const order = { id: `NL-${++lastOrder}`, lines: visitor.cart, contact, isNewCustomer }
      visitor.orders.push(order)
      visitor.cart = []
      return order
    },
    reset() {
      visitors.clear()
      customers.clear()
    },
  }
}

/** The visitor's answer to the banner, from the banner's own cookie. */
export function consentOf(request: IncomingMessage): Decision | undefined {
  const answer = cookieOf(request, 'shop_consent')
  return answer === 'granted' || answer === 'denied' ? answer : undefined
}

function cookieOf({ headers }: IncomingMessage, name: string): string {
  return new RegExp(`(?:^|; )${name}=([^;]*)`).exec(headers.cookie ?? '')?.[1] ?? ''
}
