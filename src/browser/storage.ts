import type { Config } from '../types.ts'

export interface PageStorage {
  read(key: string): unknown
  /** What does not fit is not kept. */
  write(key: string, value: unknown): void
  /** Our keys that begin so. */
  keys(start: string): string[]
  remove(key: string): void
}

/**
 * The page's localStorage below a prefix of ours. Where it throws, or may not be used yet, nothing is there; the
 * visitor's decision alone may always be asked for.
 */
export function openStorage(
  window: Window,
  { pixelId, context }: Pick<Config, 'pixelId' | 'context'>,
  mayUse: () => unknown,
): PageStorage {
  const prefix = `converge.${pixelId}.`

  function attempt<Answer>(task: (storage: Storage) => Answer): Answer | undefined {
    try {
      return context ? undefined : task(window.localStorage)
    } catch {
      return undefined
    }
  }

  const mayTouch = (key: string) => key === 'consent' || mayUse()

  return {
    read: (key) => attempt((storage) => mayTouch(key) && JSON.parse(String(storage.getItem(prefix + key)))),
    write: (key, value) => attempt((storage) => mayTouch(key) && storage.setItem(prefix + key, JSON.stringify(value))),
    keys: (start) =>
      Object.keys(attempt((storage) => ({ ...storage })) ?? {})
        .filter((key) => key.startsWith(prefix + start))
        .map((key) => key.slice(prefix.length)),
    remove: (key) => attempt((storage) => storage.removeItem(prefix + key)),
  }
}
