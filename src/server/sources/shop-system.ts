import type { Fields, OrderEvent } from './order-event.ts'
import type { Person } from './person.ts'
import type { Source } from './sources.ts'

/** The purpose of a shop system's signed webhook. */
export type Delivery =
  | { kind: 'order'; event: OrderEvent }
  /** Intentionally not sent. */
  | { kind: 'skip'; reason: string }
  /** The data of a person must be erased. */
  | { kind: 'erase'; person: Person }
  /** Only logged. */
  | { kind: 'note'; message: string }

/** A shop system whose own webhooks are accepted. */
export interface ShopSystem {
  name: string
  /** The header with the signature of the raw body. */
  signatureHeader: string
  /** True if an unsigned body is a test of the URL, which is answered 200. */
  isPing(body: string): boolean
  /** Reads a body with a valid signature. */
  read(body: Fields, headers: Headers, source: Source): Delivery
}
