/** The number of characters that are read. An event's texts are never longer (see core/event.ts). */
export const LONGEST = 2000

const mayBeEmail = /@|%(25)*40/i

/**
 * Removes words that may be an email address, and matches of `shapes`, a global regular expression. It takes linear time,
 * because each word is read once. Text after 2,000 characters is dropped, with the word that crosses the limit: part of an
 * email address still identifies its owner.
 */
export function redact(text: string, shapes: RegExp): string {
  return text
    .slice(0, LONGEST)
    .replace(/\S+/g, (word, at) => (at + word.length === LONGEST || mayBeEmail.test(word) ? '…' : word))
    .replace(shapes, '…')
}
