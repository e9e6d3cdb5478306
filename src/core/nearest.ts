const SHORT = 5 // letters. With two edits, such a short name is near too many others

/**
 * Finds the nearest name within two edits, or within one edit for a name of up to five letters. An edit adds, drops or
 * changes a letter, or swaps two. Case and hyphens are ignored.
 */
export function nearest(given: string, names: readonly string[]): string | undefined {
  for (const edits of [0, 1, 2]) {
    const found = names.find(
      (name) => (edits < 2 || name.length > SHORT) && isWithin(squash(given), squash(name), edits),
    )
    if (found) return found
  }
  return undefined
}

const squash = (name: string) => name.toLowerCase().replace(/-/g, '')

/** Whether this number of edits turns one text into the other. */
function isWithin(text: string, other: string, edits: number): boolean {
  if (text === other || edits === 0) return text === other
  const rest = (from: number, otherFrom: number, left = edits - 1) =>
    isWithin(text.slice(from), other.slice(otherFrom), left)
  if (text[0] === other[0]) return rest(1, 1, edits)
  const isSwapped = text[0] === other[1] && text[1] === other[0]
  return rest(1, 0) || rest(0, 1) || rest(1, 1) || (isSwapped && rest(2, 2))
}
