import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../../', import.meta.url))
const tracked = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).stdout.split('\n').filter(Boolean)
const paths = new Set(tracked.flatMap((path) => [path, ...foldersAbove(path)]))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')

function foldersAbove(path: string): string[] {
  const folder = dirname(path)
  return folder === '.' ? [] : [folder, ...foldersAbove(folder)]
}

/** Targets of links and pictures in Markdown, outside of code. */
const linksOf = (text: string): string[] =>
  [...text.replace(/```[\s\S]*?```|`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)

/** The anchors that GitHub and npm make of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

function brokenLinks(path: string): string[] {
  return linksOf(read(path)).filter((target) => {
    if (target.startsWith('https://')) return false
    const [file = '', anchor] = target.split('#')
    const found = file === '' ? path : posix.join(dirname(path), file).replace(/\/$/, '')
    if (!paths.has(found)) return true
    return anchor !== undefined && !anchorsOf(read(found)).includes(anchor)
  })
}

const documents = tracked.filter((path) => path.endsWith('.md'))

test.each(documents)('every link of %s leads to a file and a heading of the repository', (path) => {
  expect(brokenLinks(path)).toEqual([])
})

test('a link to a missing file or heading would be found', () => {
  expect(linksOf('[a](docs/a.md) ![b](b.webp) `[c](c.md)`')).toEqual(['docs/a.md', 'b.webp'])
  expect(anchorsOf('## Which way is yours?\n### `npm` & more')).toEqual(['which-way-is-yours', 'npm--more'])
})

// npm resolves a README's relative links by `repository`, if it names the host in full.
test('the relative links of the README work on npm: package.json names the repository, and pictures are in the package', () => {
  const address = /^git\+https:\/\/github\.com\/([\w-]+\/[\w-]+)\.git$/.exec(manifest.repository.url)?.[1]
  expect(address).toBeDefined()
  expect(manifest.homepage).toBe(`https://github.com/${address}#readme`)
  expect(manifest.bugs).toBe(`https://github.com/${address}/issues`)
  const pictures = [...read('README.md').matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, target = '']) => target)
  expect(pictures.length).toBeGreaterThan(0)
  expect(inject('packedPaths')).toEqual(expect.arrayContaining(pictures))
})

test('every address of our repository in a document is the one of package.json', () => {
  const ours = manifest.homepage.replace('#readme', '')
  const others = documents
    .flatMap((path) => linksOf(read(path)))
    .filter((target) => target.includes('converge-tiktok') && target.startsWith('https://github.com'))
    .filter((target) => !target.startsWith(ours))
  expect(others).toEqual([])
})
