// Limits and formats of a page's event, shared by the schema, which explains faults, and the fast path. `words` completes
// the sentence "must be …".

export const MAX_EVENTS = 1000
// The same limit as in copyRecord, so that everything a page's pipeline can produce passes here.
export const MAX_TEXT = 2000
export const MAX_CONTENTS = 2000
export const MAX_SEND = 20
export const MAX_EVENT_NAME = 50
export const MAX_PLACE = 100
export const MAX_ADDRESS = 8000
export const MAX_ALIASES = 10

export interface Shape {
  test: RegExp
  words: string
}

/** BCP 47, such as `de-AT`. WordPress writes `_` instead of `-`. */
export const localeShape = /^[a-z]{2,8}([-_][a-z\d]{1,8}){0,4}$/i

export const shapes = {
  hash: { test: /^[\da-f]{64}$/, words: 'a SHA-256 hash of 64 lowercase hex digits' },
  currency: { test: /^[A-Z]{3}$/, words: 'a currency code of 3 capital letters, such as EUR' },
  clickId: { test: /^[\w.~%+/=-]{1,500}$/, words: 'a click ID of up to 500 characters' },
  cookie: { test: /^[\w.~%+/=-]{1,200}$/, words: 'a cookie value of up to 200 characters' },
  locale: { test: localeShape, words: 'a language, such as de-AT' },
  testCode: { test: /^[\w-]{1,64}$/, words: 'up to 64 letters, digits, - or _' },
} as const satisfies Record<string, Shape>
