/**
 * The start tags of one name in a page's HTML, as they are written. Takes linear time: an expression for the whole tag
 * would look for its end from each beginning, also where no tag of a page ends.
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
