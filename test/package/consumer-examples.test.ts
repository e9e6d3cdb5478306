import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { startExampleServer } from '../server/example-server.ts'
import { createProject, runNode } from './consumer-project.ts'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))

/** An example, copied out of the repository to a project that has the packed package. */
function copyExample(name: string): string {
  const { folder } = createProject()
  const isSource = (path: string) => !/[\\/](node_modules|\.next|dist)$/.test(path)
  cpSync(join(examples, name), folder, { recursive: true, filter: isSource })
  return folder
}

test('examples/node-server starts with the installed package, serves the script, and exits cleanly', async () => {
  const folder = copyExample('node-server')
  const { url, stop } = await startExampleServer(folder, 'server.js', { TIKTOK_ACCESS_TOKEN: 'a-token-of-a-test' })
  const address = url.replace('0.0.0.0', '127.0.0.1')
  expect(await (await fetch(`${address}/health`)).json()).toMatchObject({ status: 'ok' })
  expect(await (await fetch(`${address}/converge.js`)).text()).toContain('CJQBODJC77UB4MRTGFRF')
  expect(await stop()).toBe(0)
})

test('examples/script-tag needs only the files that "converge-tiktok copy" writes', async () => {
  const folder = copyExample('script-tag')
  const cli = join(folder, 'node_modules/converge-tiktok/dist/cli.js')
  expect(await runNode(folder, [cli, 'copy', '.'])).toMatchObject({ code: 0 })
  const html = readFileSync(join(folder, 'index.html'), 'utf8')
  const sources = [...html.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, path = '']) => path)
  expect(sources.length).toBeGreaterThan(0)
  expect(sources.filter((path) => !existsSync(join(folder, path)))).toEqual([])
})

/** The programs of the examples that import the package, and no framework of their own. */
const programs = [
  'cloudflare-worker/worker.ts',
  'cloudflare-worker/worker-with-queue.ts',
  'npm/thank-you-page.ts',
].concat('next-route-handler/app/api/converge/[...path]/route.ts', 'next-route-handler/app/api/converge-drain/route.ts')

test.each(programs)('the imports of examples/%s exist in the installed package', async (path) => {
  const [name = '', ...rest] = path.split('/')
  const folder = copyExample(name)
  const { errors, warnings } = await build({
    absWorkingDir: folder,
    entryPoints: [join(folder, ...rest)],
    bundle: true,
    external: ['next/server'],
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  })
  expect([...errors, ...warnings]).toEqual([])
})

test('every example that installs the package requires the version of this repository', () => {
  const manifests = readdirSync(examples)
    .map((name) => join(examples, name, 'package.json'))
    .filter((path) => existsSync(path))
  expect(manifests.length).toBeGreaterThan(5)
  for (const path of manifests) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(path, 'utf8'))
    expect([path, { ...devDependencies, ...dependencies }[manifest.name]]).toEqual([path, manifest.version])
  }
})
