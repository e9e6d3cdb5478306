import { attempt } from '../core/attempt.ts'
import type { Config } from '../types.ts'

export interface PageStorage {
  read(key: string): unknown
  /** What does not fit is not kept. */
  write(key: string, value: unknown): void
  remove(key: string): void
  /** Our keys that begin so. */
  keys(start: string): string[]
}

/**
 * The page's localStorage below a prefix of ours. Where it throws, or may not be used yet, nothing is there; the
 * visitor's decision alone may always be asked for.
 */
export function openStorage(window: Window, { pixelId, context }: Config, mayUse: () => unknown): PageStorage {
  const prefix = `converge.${pixelId}.`

  const use = <Answer>(task: (storage: Storage) => Answer) =>
    attempt(() => (context ? undefined : task(window.localStorage)))
  const mayTouch = (key: string) => key === 'consent' || mayUse()

  return {
    read: (key) => use((storage) => mayTouch(key) && JSON.parse(String(storage.getItem(prefix + key)))),
    write: (key, value) => use((storage) => mayTouch(key) && storage.setItem(prefix + key, JSON.stringify(value))),
    remove: (key) => use((storage) => storage.removeItem(prefix + key)),
    keys: (start) =>
      use((storage) =>
        Object.keys(storage)
          .filter((key) => key.startsWith(prefix + start))
          .map((key) => key.slice(prefix.length)),
      ) ?? [],
  }
}
