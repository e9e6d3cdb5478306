import type { ForwarderConfig } from './forwarder-config.ts'
import { hasSignedSource } from './has-signed-source.ts'

const DEFAULT_SECONDS = 60
/** TikTok itself merges a browser copy and a server copy that come within 5 minutes. */
export const LONGEST_MERGE_WINDOW = 240

/** Seconds that an order waits for its other copy. Only a store can merge, and without a signed source none will come. */
export function mergeWindow(config: ForwarderConfig): number {
  if (!config.store || !hasSignedSource(config)) return 0
  // Its pages bring no orders.
  if (config.sources?.web?.orders === 'client' || config.sources?.web?.enabled === false) return 0
  return config.mergeOrders ?? DEFAULT_SECONDS
}
