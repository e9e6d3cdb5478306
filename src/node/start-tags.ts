/**
 * Finds the start tags with one name in HTML, in linear time. A regular expression for the whole tag would take quadratic time
 * on a page with many unclosed tags.
 */
export function startTags(html: string, name: string): string[] {
  const beginning = new RegExp(`<${name}\\b`, 'gi')
  const tags: string[] = []
  for (let found = beginning.exec(html); found; found = beginning.exec(html)) {
    const end = html.indexOf('>', beginning.lastIndex) + 1
    if (end === 0) break
    tags.push(html.slice(found.index, end))
    beginning.lastIndex = end
  }
  return tags
}
