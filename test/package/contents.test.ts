import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The paths in the package, as it would be published. */
function packedPaths(): string[] {
  const options = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline']
  const packed = JSON.parse(execFileSync('npm', options, { cwd: root, encoding: 'utf8', stdio: 'pipe' }))
  const [{ files }] = Object.values(packed).map(Object)
  return files.map(({ path }: { path: string }) => path)
}

test('the package holds what is built, its licence and its documents, and nothing else', () => {
  const paths = packedPaths()
  expect(paths).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/converge.js', 'dist/index.js']),
  )
  expect(paths.filter((path) => !/^(dist\/.+\.(js|d\.ts)|[A-Z]+(\.md)?|package\.json)$/.test(path))).toEqual([])
})

test('what a page loads is installed alone, but for the parts of the server', () => {
  expect(Object.keys(manifest)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(peer|optional)Dependencies$/)]),
  )
  expect(Object.keys(manifest.dependencies)).toEqual(['libphonenumber-js', 'srvx', 'valibot'])
})
