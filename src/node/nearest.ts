/** The word that `given` was probably meant to be: with few letters changed, added, left out or exchanged. */
export function nearest(given: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((word) => ({ word, distance: distanceOf(given.toLowerCase(), word) }))
    .filter(({ word, distance }) => distance <= Math.ceil(word.length / 3))
    .sort((one, other) => one.distance - other.distance)
  return best?.word
}

// What a person types is short. A longer word is meant for something else, and would take long.
const LONGEST = 40

/** The optimal string alignment distance: two letters that have changed places count once. */
function distanceOf(from: string, to: string): number {
  if (from.length > LONGEST) return Number.POSITIVE_INFINITY
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let row = 1; row <= from.length; row++) {
    const distances = [row]
    rows.push(distances)
    for (let column = 1; column <= to.length; column++) {
      const change = from[row - 1] === to[column - 1] ? 0 : 1
      const isExchanged = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      distances.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + change,
          isExchanged ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
  }
  return at(from.length, to.length)
}
