const DAY = 86_400_000

/** How long a store keeps what it no longer needs for sending, in milliseconds. docs/data-retention.md gives the reasons. */
export const retention = {
  /** Which orders were brought: shop systems and pages bring them again. */
  orders: 90 * DAY,
  /** Events that were set aside: somebody may still look at them, or send them again. */
  deadLetters: 30 * DAY,
} as const
