import type { ForwarderConfig } from './forwarder-config.ts'

/** Whether there is a source that proves by a secret that it is the shop: what it brings is believed, unlike a page's. */
export function hasSignedSource({
  webhookToken,
  sources = {},
}: Pick<ForwarderConfig, 'webhookToken' | 'sources'>): boolean {
  const names = [...Object.keys(sources), ...(webhookToken === undefined ? [] : ['webhook'])]
  return names.some((name) => name !== 'web' && sources[name]?.enabled !== false)
}
