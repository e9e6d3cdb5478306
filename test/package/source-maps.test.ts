import { readdirSync, readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { basename } from 'node:path'
import { expect, test } from 'vitest'

const dist = new URL('../../dist/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, dist), 'utf8')
const modules = readdirSync(dist).filter((file) => file.endsWith('.js'))
const withMap = modules.filter((file) => /\n\/\/# sourceMappingURL=.*\n$/.test(read(file)))
const readMap = (file: string): SourceMapPayload => JSON.parse(read(`${file}.map`))

test('every module of the package has a source map, except the page scripts and lists of exports', () => {
  const without = modules.filter((file) => !withMap.includes(file))
  const isScript = (file: string) => file.startsWith('converge')
  expect(without.filter((file) => !isScript(file) && /^function |^const |^async /m.test(read(file)))).toEqual([])
  expect(withMap).toEqual(expect.arrayContaining(['index.js', 'consent.js', 'inspector.js', 'cli.js']))
})

test.each(withMap)('the source map of %s contains its sources, as they are in src', (file) => {
  const { sources, sourcesContent } = readMap(file)
  expect(sources.length).toBeGreaterThan(0)
  for (const [index, source] of sources.entries()) {
    // The build replaces these by the text of what is served.
    if (['scripts.ts', 'built-page.ts'].includes(basename(source))) continue
    expect(source).toMatch(/^\.\.\/src\//)
    expect(sourcesContent[index]).toBe(read(source))
  }
})

test.each([
  ['index.js', 'prerenderingchange'],
  ['consent.js', 'shopifyCustomerPrivacyApiLoaded'],
  ['inspector.js', 'converge-inspector'],
  ['cli.js', 'Usage: converge-tiktok'],
  ['load-inspector.js', 'the inspector could not be loaded'],
])('the source map of %s points to the line with "%s"', (file, words) => {
  const code = read(file)
  const before = code.slice(0, code.indexOf(words)).split('\n')
  const map = new SourceMap(readMap(file))
  const entry = map.findEntry(before.length - 1, before.at(-1)?.length ?? 0)
  if (!('originalSource' in entry)) throw new Error(`The map of ${file} knows no source of this place.`)
  // A text of several lines, such as the help of the command line, begins where its quotation mark is.
  const lines = read(entry.originalSource).split('\n').slice(entry.originalLine)
  expect(lines.slice(0, 25).join('\n')).toContain(words)
})
