const DAY = 86_400_000

/** How long a store keeps data after sending, in milliseconds. docs/data-retention.md gives the reasons. */
export const retention = {
  /** The order memory. Shop systems and pages may send an order again. */
  orders: 90 * DAY,
  /** Dead letters. Somebody may still inspect or retry them. */
  deadLetters: 30 * DAY,
} as const
