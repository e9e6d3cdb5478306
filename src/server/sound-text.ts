/**
 * Finds characters that could make two different IDs or names equal. Databases truncate text at NUL, and all unpaired
 * surrogates become the same character in UTF-8.
 */
export function faultOf(text: string): string | undefined {
  if (text.includes('\0')) return 'must not contain a NUL character (U+0000)'
  if (/\p{Surrogate}/u.test(text))
    return 'must not contain half of a surrogate pair (U+D800 to U+DFFF without its partner)'
  return undefined
}
