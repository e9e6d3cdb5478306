/** A text in quotation marks, or a sign of JSON's structure. Numbers, words and spaces are between them. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g

interface Level {
  keys: Set<string>
  /** The key or the index of the value that follows. */
  at: string | number
}

/**
 * Finds a key that an object of a JSON text has twice, because JSON.parse ignores the first one without notice. Returns its
 * path, such as `sources.erp.filters`.
 *
 * @param text valid JSON
 */
export function findDuplicateKey(text: string): string | undefined {
  const levels: Level[] = []
  let last = ''
  for (const [token] of text.matchAll(tokens)) {
    const level = levels.at(-1)
    if (token === '{' || token === '[') levels.push({ keys: new Set(), at: token === '[' ? 0 : '' })
    else if (token === '}' || token === ']') levels.pop()
    else if (token === ',' && typeof level?.at === 'number') level.at++
    else if (token === ':' && level) {
      level.at = String(JSON.parse(last))
      if (level.keys.has(level.at)) return pathOf(levels)
      level.keys.add(level.at)
    }
    last = token
  }
  return undefined
}

function pathOf(levels: readonly Level[]): string {
  return levels.map(({ at }, depth) => (typeof at === 'number' ? `[${at}]` : `${depth ? '.' : ''}${at}`)).join('')
}
