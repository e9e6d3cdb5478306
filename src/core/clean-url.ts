// It looks ahead for the words, so that a name in which one stands a thousand times is not read as often.
const personal = /([/?&#])((?=[^=/?&#]*(key=|token|email|phone))[^=/?&#]*=[^?&#]*|[^/?&#]*(@|%(25)*40)[^/?&#]*)/gi

/**
 * A URL without what may name a person or open a door: e-mail-like values, and those of `…key`, `…token…`, `…email…` and
 * `…phone…`. A `keyword` stays.
 */
export const cleanUrl = (url: string): string => url.replace(personal, '$1')
