import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

interface Problem {
  kind: string
  resolutionKind?: string
}

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
let folder = ''
let tarball = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'converge-tiktok-'))
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  })
  const packed: unknown = JSON.parse(stdout)
  const [first] = Array.isArray(packed) ? packed : Object.values(Object(packed))
  tarball = join(folder, first.filename)
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

test('every path that package.json exports is built', () => {
  const paths = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  )
  expect(paths.length).toBeGreaterThan(2)
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test('publint finds nothing in the package', async () => {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
})

test('its types resolve for whoever imports it', async () => {
  const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
  const { stdout } = await run(process.execPath, [
    attw,
    tarball,
    '--profile',
    'esm-only',
    '--format',
    'json',
    '--exclude-entrypoints',
    './converge.js',
    './package.json',
  ])
  const { problems }: { problems: Record<string, Problem[]> } = JSON.parse(stdout)
  // It prints those that the profile leaves out, too: this package is for ESM alone.
  const left = Object.values(problems)
    .flat()
    .filter(({ resolutionKind = '' }) => !['node10', 'node16-cjs'].includes(resolutionKind))
  expect(left).toEqual([])
})
