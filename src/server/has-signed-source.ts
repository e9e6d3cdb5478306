import type { ForwarderConfig } from './forwarder-config.ts'

/** True if an enabled source authenticates with a secret. Its events are trusted, unlike a page's. */
export function hasSignedSource({
  webhookToken,
  sources = {},
}: Pick<ForwarderConfig, 'webhookToken' | 'sources'>): boolean {
  const names = [...Object.keys(sources), ...(webhookToken === undefined ? [] : ['webhook'])]
  return names.some((name) => name !== 'web' && sources[name]?.enabled !== false)
}
