import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { instances } from '../../instances.ts'
import { breaches, type Source } from './import-rules.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

const sources: Source[] = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(`${root}src/${path}`, 'utf8') }))

test('the sources keep the import rules', () => {
  expect(sources.map(({ path }) => path)).toEqual(expect.arrayContaining(['types.ts', 'core/filter.ts', 'script.ts']))
  expect(breaches(sources)).toEqual([])
})

const planted: [sentence: string, path: string, text: string][] = [
  ['core imports the browser', 'core/filter.ts', "import { createPixel } from '../browser/pixel.ts'"],
  ['core imports TikTok’s folder', 'core/filter.ts', "import { defaultMapping } from '../tiktok/default-mapping.ts'"],
  ['TikTok’s folder imports the browser', 'tiktok/route.ts', "import { report } from '../browser/news.ts'"],
  ['core imports the server', 'core/filter.ts', "import type { Forwarder } from '../server/forwarder.ts'"],
  ['the browser imports the server', 'browser/pixel.ts', "export { send } from '../server/events-api.ts'"],
  ['the browser imports the inspector', 'browser/pixel.ts', "void import('../inspector/panel.ts')"],
  ['somebody imports an entry', 'browser/pixel.ts', "import '../script.ts'"],
  ['types import something', 'types.ts', "import type { Row } from './tiktok/mapping.ts'"],
  ['the browser has a dependency', 'browser/pixel.ts', "import mitt from 'mitt'"],
  ['the inspector has a dependency', 'inspector/diagnose.ts', "import { html } from 'lit'"],
  ['the inspector imports the browser', 'inspector/diagnose.ts', "import { createPixel } from '../browser/pixel.ts'"],
  ['the server asks for files', 'server/parse.ts', "import { readFile } from 'node:fs/promises'"],
  ['the server imports Node’s half', 'server/parse.ts', "import { serve } from '../node/serve.ts'"],
  ['the worker imports Node’s half', 'cloudflare/worker.ts', "import { serve } from '../node/serve.ts'"],
  ['Node’s half imports an entry', 'node/serve.ts', "import { createForwarder } from '../server/index.ts'"],
  ['core asks for the time', 'core/event.ts', 'export const now = () => Date.now()'],
  ['core asks for a window', 'core/event.ts', 'export const url = () => window.location.href'],
  ['core throws dice', 'core/event.ts', 'export const id = () => Math.random()'],
  ['a folder has a barrel', 'core/index.ts', "export { holds } from './filter.ts'"],
  ['a file is named after nothing', 'core/utils.ts', 'export const one = 1'],
]

test.each(planted)('a planted violation is found: %s', (_, path, text) => {
  expect(breaches([...sources, { path, text }])).toHaveLength(1)
})

/** The files of src that a bundle holds. */
async function filesOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [`${root}src/${entry}`],
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    packages: 'external',
    external: ['./consent/index.ts', './inspector/index.ts'], // files of their own, loaded on demand
    plugins: [instances],
    metafile: true,
    write: false,
  })
  return Object.keys(metafile.inputs).map((path) => path.replace(/^src\//, ''))
}

/** Their folders. */
async function foldersOf(entry: string): Promise<string[]> {
  const files = await filesOf(entry)
  return [...new Set(files.map((path) => (path.includes('/') ? path.replace(/\/.*/, '') : path)))].sort()
}

test.each(['script.ts', 'index.ts'])('what is one instance’s own is reached by its start alone: %s', async (entry) => {
  const outside = ['browser/cvg.ts', 'browser/global.ts', 'browser/start.ts']
  const found = (await filesOf(entry)).filter((path) => path.startsWith('browser/'))
  expect(outside).toEqual(expect.arrayContaining(found))
})

test.each(['script.ts', 'index.ts'])(
  'what advice on event names needs is in no bundle of a page: %s',
  async (entry) => {
    const bundled = await filesOf(entry)
    expect(bundled).toContain('core/event.ts')
    expect(bundled).not.toContain('core/event-synonyms.ts')
    expect(await filesOf('inspector/index.ts')).toContain('core/event-synonyms.ts')
  },
)

test.each([
  ['script.ts', ['browser', 'core', 'script.ts', 'tiktok']],
  ['index.ts', ['browser', 'core', 'create-converge.ts', 'index.ts', 'tiktok']],
  ['browser/converge.ts', ['browser', 'core', 'tiktok']],
  ['consent/index.ts', ['consent', 'core']],
  ['inspector/index.ts', ['core', 'inspector', 'tiktok']],
  ['server/index.ts', ['core', 'server', 'tiktok']],
  ['node/index.ts', ['core', 'node', 'server', 'tiktok']],
  ['cloudflare/index.ts', ['cloudflare', 'core', 'server', 'tiktok']],
])('what %s bundles is of these folders alone', async (entry, folders) => {
  const found = await foldersOf(entry)
  expect(folders).toEqual(expect.arrayContaining(found))
  expect(found).toContain(folders.find((folder) => entry.startsWith(folder)) ?? entry)
})
