/**
 * What is wrong with a text that must stay distinct from all others, as an id or a name must. Databases end a text at
 * NUL, and halves of surrogate pairs all become the same character when they are written as UTF-8.
 */
export function faultOf(text: string): string | undefined {
  if (text.includes('\0')) return 'must not contain a NUL character (U+0000)'
  if (/\p{Surrogate}/u.test(text))
    return 'must not contain half of a surrogate pair (U+D800 to U+DFFF without its partner)'
  return undefined
}
