import { stringify } from '../core/json.ts'

/** The page's local storage, as far as we may use it. Keys are whole: `converge.visitor`, `converge.<pixel ID>.sent.…`. */
export interface Storage {
  read(key: string): unknown
  /** What may not be kept, or does not fit, is not kept. */
  write(key: string, value: unknown): void
  remove(key: string): void
  /** Our keys that begin so. */
  keys(start: string): string[]
}

/** The visitor's decision. It may be kept whatever it is. */
export const consentKey = 'converge.consent'

const LONGEST = 10_000 // characters: longer text would take up the shop's own room

/**
 * @param isOff for a page that says itself what it knows (`config.context`): none of its storage is touched then
 * @param mayKeep whether the visitor's decision allows us to keep something now
 */
export function createStorage(window: Window, isOff: boolean, mayKeep: () => boolean): Storage {
  // Asking for localStorage throws in a sandbox, and where the visitor has blocked cookies.
  function attempt<Answer>(task: (storage: globalThis.Storage) => Answer): Answer | undefined {
    try {
      return isOff ? undefined : task(window.localStorage)
    } catch {
      return undefined
    }
  }

  return {
    read: (key) => attempt((storage) => JSON.parse(String(storage.getItem(key)))),
    write(key, value) {
      if (key !== consentKey && !mayKeep()) return
      const text = stringify(value)
      if (text.length < LONGEST) attempt((storage) => storage.setItem(key, text))
    },
    remove: (key) => attempt((storage) => storage.removeItem(key)),
    keys: (start) => attempt((storage) => Object.keys(storage).filter((key) => key.startsWith(start))) ?? [],
  }
}
