import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const folder = mkdtempSync(join(tmpdir(), 'converge-tables-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The files that tsc refuses after a text in one of the sources was replaced. */
function refusedAfter(path: string, from: string, to: string): string[] {
  const src = join(folder, 'src')
  cpSync(join(root, 'src'), src, { recursive: true })
  const text = readFileSync(join(src, path), 'utf8')
  expect(text).toContain(from)
  writeFileSync(join(src, path), text.replace(from, to))
  const include = [
    'src/core',
    'src/tiktok',
    'src/server/check-config.ts',
    'src/node/config-file.ts',
    'src/node/config-schema.ts',
    'src/browser/tag.ts',
  ]
  const typeRoots = [join(root, 'node_modules/@types')]
  const paths = { '*': [join(root, 'node_modules/*')] }
  const project = join(folder, 'tsconfig.json')
  const options = { extends: join(root, 'tsconfig.json'), compilerOptions: { typeRoots, paths }, include, exclude: [] }
  writeFileSync(project, JSON.stringify(options))
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { encoding: 'utf8' })
  const files = [...stdout.matchAll(/^(?:.*\/)?src\/([\w/.-]+)\(\d+,/gm)].map(([, file = '']) => file)
  return [...new Set(files)].sort()
}

test.each<[title: string, path: string, from: string, to: string, refused: string[]]>([
  ['nothing', 'types.ts', "| 'equal'", "| 'equal'", []],
  ['an operator', 'types.ts', "| 'equal'", "| 'equal' | 'is_like'", ['core/conditions.ts', 'node/config-schema.ts']],
  ['a consent mode', 'types.ts', "| 'implied'", "| 'implied' | 'ask'", ['core/options.ts']],
  [
    'an option',
    'types.ts',
    '  nonce?: string',
    '  nonce?: string\n  quiet?: boolean',
    [
      'core/options.ts',
      'node/config-schema.ts',
      'server/admin/setup.ts',
      'server/forwarder-options.ts',
      'server/public-config.ts',
    ],
  ],
  [
    'a part of a condition',
    'types.ts',
    '  ignoreCase?: boolean',
    '  ignoreCase?: boolean\n  trim?: boolean',
    ['core/conditions.ts', 'node/config-schema.ts'],
  ],
  [
    "a forwarder's option",
    'server/forwarder-config.ts',
    '  allowTest?: boolean',
    '  allowTest?: boolean\n  more?: 1',
    ['node/config-file.ts', 'node/config-schema.ts', 'server/admin/setup.ts', 'server/forwarder-options.ts'],
  ],
  [
    "a source's option",
    'server/sources/source-config.ts',
    '  enabled?: boolean',
    '  enabled?: boolean\n  more?: 1',
    ['node/config-schema.ts', 'server/sources/source-options.ts'],
  ],
  [
    'a type of source',
    'server/sources/source-config.ts',
    "| 'woocommerce'",
    "| 'woocommerce' | 'magento'",
    ['node/config-schema.ts', 'server/sources/source-options.ts', 'server/sources/sources.ts'],
  ],
])('a table with a missing entry does not compile: %s', (_, path, from, to, refused) => {
  expect(refusedAfter(path, from, to)).toEqual(refused)
})
