import { attempt } from '../core/attempt.ts'
import { refusal } from './consent.ts'
import { config, window } from './instance.ts'

const LONGEST = 10_000 // characters

/** Where we keep things. A sandboxed page says itself what it knows: there is nothing there then, and asking throws. */
export const place: Pick<Window, 'localStorage' | 'document'> = Object(config.context ? '' : window)
/** Our keys and cookies begin so. */
export const prefix = `converge.${config.pixelId}.`

export const read = (key: string): unknown =>
  attempt(() => JSON.parse(String(place.localStorage.getItem(prefix + key))))

/** What may not be kept, or does not fit, is not. The visitor's decision alone may always be; longer text would take up the shop's own room. */
export const write = (key: string, value: unknown): void =>
  attempt(() => {
    const text = JSON.stringify(value)
    if ((key === 'consent' || !refusal()) && text.length < LONGEST) place.localStorage.setItem(prefix + key, text)
  })

export const remove = (key: string) => attempt(() => place.localStorage.removeItem(prefix + key))

/** Our keys that begin so, without the prefix. */
export const keys = (start: string): string[] =>
  attempt(() =>
    Object.keys(place.localStorage)
      .filter((key) => key.startsWith(prefix + start))
      .map((key) => key.slice(prefix.length)),
  ) ?? []
