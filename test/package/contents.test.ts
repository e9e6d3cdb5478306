import { expect, inject, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

test('the package contains only the build, its license and its documents', () => {
  const paths = inject('packedPaths')
  expect(paths).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'VERSIONING.md',
      'package.json',
      'docs/admin.webp',
      'docs/inspector.webp',
      'dist/converge.js',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/index.js.map',
      'dist/sri.json',
      'dist/third-party-licenses.txt',
    ]),
  )
  const expected =
    /^(dist\/[\w-]+\.(js|js\.map|d\.ts|(schema\.)?json)|dist\/third-party-licenses\.txt|[A-Z]+(\.md)?|docs\/(admin|inspector)\.webp|package\.json)$/
  expect(paths.filter((path) => !expected.test(path))).toEqual([])
})

test('the package installs nothing for pages: its dependencies are only used on the server', () => {
  expect(Object.keys(manifest)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(peer|optional)Dependencies$/)]),
  )
  expect(Object.keys(manifest.dependencies)).toEqual([
    '@clack/prompts',
    'csv-parse',
    'libphonenumber-js',
    'pg',
    'prom-client',
    'srvx',
    'valibot',
  ])
})
