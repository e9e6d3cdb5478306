const HOUR = 3_600_000
const DAY = 24 * HOUR

/** How long a store keeps data after sending, in milliseconds. docs/data-retention.md gives the reasons. */
export const retention = {
  /** The order memory. Shop systems and pages may send an order again. */
  orders: 90 * DAY,
  /** Dead letters. Somebody may still inspect or retry them. */
  deadLetters: 30 * DAY,
  /** A profile's IP address and user agent. Later, they may be another visitor's. */
  location: DAY,
  /** A profile's click ID, from the first event that had it. TikTok does not attribute to older clicks. */
  clickId: 30 * DAY,
  /** Denials of consent. A visitor who denied must not be asked again for about a year, and orders may come that late. */
  tombstones: 400 * DAY,
} as const
