import type { ForwarderConfig } from './forwarder-config.ts'
import { hasSignedSource } from './has-signed-source.ts'

const DEFAULT_SECONDS = 60
/** TikTok merges a browser copy and a server copy that arrive within 5 minutes. */
export const LONGEST_MERGE_WINDOW = 240

/** Seconds that an order waits for its other copy. Only a store merges, and without a signed source there is no other copy. */
export function mergeWindow(config: ForwarderConfig): number {
  if (!config.store || !hasSignedSource(config)) return 0
  // The pages send no orders.
  if (config.sources?.web?.orders === 'client' || config.sources?.web?.enabled === false) return 0
  // Between two requests, nothing may run that sends an order when its time is over.
  return config.mergeOrders ?? (config.delivery === 'drain' ? 0 : DEFAULT_SECONDS)
}
