import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { expect, inject, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

interface Problem {
  kind: string
  resolutionKind?: string
}

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
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

test('its types resolve with each module resolution of TypeScript', async () => {
  const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
  const { stdout } = await run(process.execPath, [
    attw,
    inject('tarball'),
    '--profile',
    'esm-only',
    '--format',
    'json',
    '--exclude-entrypoints',
    ...Object.keys(manifest.exports).filter((name) => /\.(js|json)$/.test(name)),
  ])
  const { problems }: { problems: Record<string, Problem[]> } = JSON.parse(stdout)
  // It also prints what the profile leaves out. The package has no CommonJS: `require()` of Node 20.19 or later loads it.
  const left = Object.values(problems)
    .flat()
    .filter(({ resolutionKind }) => resolutionKind !== 'node16-cjs')
  expect(left).toEqual([])
})
