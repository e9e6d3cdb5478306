/** Characters that are looked at. An event's own texts are no longer (see core/event.ts). */
export const LONGEST = 2000

const mayBeEmail = /@|%(25)*40/i

/**
 * A text without the words that may be an e-mail address, and without what has one of `shapes`, a global regular
 * expression. Takes linear time, whatever the text is: each word is looked at once. Text beyond 2,000 characters is left
 * out, with the word that stands there, since the rest of a cut e-mail address still names its owner.
 */
export function redact(text: string, shapes: RegExp): string {
  return text
    .slice(0, LONGEST)
    .replace(/\S+/g, (word, at) => (at + word.length === LONGEST || mayBeEmail.test(word) ? '…' : word))
    .replace(shapes, '…')
}
