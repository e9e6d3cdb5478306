import type { ForwarderConfig } from './forwarder-config.ts'

/** Whether there is a source that proves by a secret that it is the shop: what it brings is believed, unlike a page's. */
export function hasSignedSource({ webhookToken }: Pick<ForwarderConfig, 'webhookToken'>): boolean {
  return webhookToken !== undefined
}
