import { stringify } from '../core/json.ts'
import type { Page } from './state.ts'

// Keys are whole: `converge.visitor`, `converge.<pixel ID>.sent.…`.

const LONGEST = 10_000 // characters: longer text would take up the shop's own room

/** Nothing on a page that says itself what it knows (`config.context`): none of its storage is touched then. */
function attempt<Answer>({ window, config }: Page, task: (storage: Storage) => Answer): Answer | undefined {
  try {
    // Asking for localStorage throws in a sandbox, and where the visitor has blocked cookies.
    return config.context ? undefined : task(window.localStorage)
  } catch {
    return undefined
  }
}

export const readStored = (page: Page, key: string): unknown =>
  attempt(page, (storage) => JSON.parse(String(storage.getItem(key))))

/** What does not fit is not kept. Ask for consent first: see `keep`. */
export function writeStored(page: Page, key: string, value: unknown): void {
  const text = stringify(value)
  if (text.length < LONGEST) attempt(page, (storage) => storage.setItem(key, text))
}

export const removeStored = (page: Page, key: string): void => attempt(page, (storage) => storage.removeItem(key))

/** Our keys that begin so. */
export const storedKeys = (page: Page, start: string): string[] =>
  attempt(page, (storage) => Object.keys(storage).filter((key) => key.startsWith(start))) ?? []
