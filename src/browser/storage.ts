import { stringify } from '../core/json.ts'
import type { Page } from './state.ts'

// Keys are complete: `converge.visitor`, `converge.<pixel ID>.sent.…`.

const LONGEST = 10_000 // characters: longer text would use up the shop's own quota

/** Runs a task on storage. If the page provides its context (`config.context`), storage is not touched. */
function attempt<Answer>({ window, config }: Page, task: (storage: Storage) => Answer): Answer | undefined {
  try {
    // Reading `localStorage` throws in a sandbox, and if the visitor has blocked cookies.
    return config.context ? undefined : task(window.localStorage)
  } catch {
    return undefined
  }
}

export const readStored = (page: Page, key: string): unknown =>
  attempt(page, (storage) => JSON.parse(String(storage.getItem(key))))

/** Writes a value, unless it is too long or storage is full. `keep` checks consent first. */
export function writeStored(page: Page, key: string, value: unknown): void {
  const text = stringify(value)
  if (text.length < LONGEST) attempt(page, (storage) => storage.setItem(key, text))
}

export const removeStored = (page: Page, key: string): void => attempt(page, (storage) => storage.removeItem(key))

/** Lists the keys that start with a text. */
export const storedKeys = (page: Page, start: string): string[] =>
  attempt(page, (storage) => Object.keys(storage).filter((key) => key.startsWith(start))) ?? []
