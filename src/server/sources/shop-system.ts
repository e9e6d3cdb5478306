import type { Fields, OrderEvent } from './order-event.ts'
import type { Person } from './person.ts'
import type { Source } from './sources.ts'

/** What a signed webhook of a shop system asks for. */
export type Delivery =
  | { kind: 'order'; event: OrderEvent }
  /** Nothing to send, by design. */
  | { kind: 'skip'; reason: string }
  /** The shop must erase what it knows of a person. */
  | { kind: 'erase'; person: Person }
  /** Something to know, for the log. */
  | { kind: 'note'; message: string }

/** A shop system whose webhooks are taken as they are. */
export interface ShopSystem {
  name: string
  /** The header with the signature of the raw body. */
  signatureHeader: string
  /** Whether an unsigned body is a test of the address, which is answered 200. */
  isPing(body: string): boolean
  /** Reads a body that was signed. */
  read(body: Fields, headers: Headers, source: Source): Delivery
}
