import type { Delivery } from './delivery.ts'

/** Deliveries of which a copy waits for the visitor's decision, or for a `ttq` that is TikTok's. */
export interface Held {
  /** Adds one. Beyond 100, the oldest goes. */
  add(delivery: Delivery): void
  /** Takes all of them out. */
  take(): Delivery[]
}

const MOST = 100

export function createHeld(): Held {
  const held: Delivery[] = []
  return {
    add(delivery) {
      if (held.push(delivery) > MOST) held.shift()
    },
    take: () => held.splice(0),
  }
}
