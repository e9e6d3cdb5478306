import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { breaches, folderOf, importCircles } from './import-rules.ts'
import { sources } from './sources.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('the sources keep the import rules', () => {
  expect(sources.map(({ path }) => path)).toEqual(expect.arrayContaining(['types.ts', 'core/filter.ts', 'script.ts']))
  expect(breaches(sources)).toEqual([])
})

const planted: [sentence: string, path: string, text: string][] = [
  ['core imports the browser', 'core/filter.ts', "import { createTracker } from '../browser/tracker.ts'"],
  ['core imports TikTok’s folder', 'core/filter.ts', "import { defaultMapping } from '../tiktok/default-mapping.ts'"],
  ['TikTok’s folder imports the browser', 'tiktok/route.ts', "import { pageOf } from '../browser/page.ts'"],
  ['core imports the server', 'core/filter.ts', "import type { Forwarder } from '../server/forwarder.ts'"],
  ['the browser imports the server', 'browser/tracker.ts', "export { createForwarder } from '../server/forwarder.ts'"],
  ['the browser imports the inspector', 'browser/tracker.ts', "void import('../inspector/panel.ts')"],
  ['somebody imports an entry', 'browser/tracker.ts', "import '../script.ts'"],
  ['types import something', 'types.ts', "import type { Row } from './tiktok/mapping.ts'"],
  ['the browser has a dependency', 'browser/tracker.ts', "import mitt from 'mitt'"],
  ['the inspector has a dependency', 'inspector/diagnose.ts', "import { html } from 'lit'"],
  [
    'the inspector imports the browser',
    'inspector/diagnose.ts',
    "import { createTracker } from '../browser/tracker.ts'",
  ],
  ['a shop’s page imports the operator’s', 'inspector/panel.ts', "import { Today } from '../admin/today.ts'"],
  ['the operator’s page imports an engine', 'admin/today.ts', "import { openSqlite } from '../store/sqlite/sqlite.ts'"],
  ['the server asks for files', 'server/parse.ts', "import { readFile } from 'node:fs/promises'"],
  ['the server imports Node’s half', 'server/parse.ts', "import { serve } from '../node/serve.ts'"],
  ['the worker imports Node’s half', 'cloudflare/worker.ts', "import { serve } from '../node/serve.ts'"],
  ['the server imports an engine', 'server/forwarder.ts', "import { openSqlite } from '../store/sqlite/sqlite.ts'"],
  ['the store’s port knows an engine', 'store/store.ts', "import { openSqlite } from './sqlite/sqlite.ts'"],
  ['the store’s port imports Node’s half', 'store/store.ts', "import { serve } from '../node/serve.ts'"],
  ['the store’s port asks for SQLite', 'store/store.ts', "import type { DatabaseSync } from 'node:sqlite'"],
  ['Node’s half imports an entry', 'node/serve.ts', "import { createForwarder } from '../server/index.ts'"],
  ['the browser calls the Events API', 'browser/tracker.ts', "import { codes } from '../tiktok/events-api/codes.ts'"],
  [
    'the browser knows the Events API',
    'browser/tracker.ts',
    "import type { Deliver } from '../tiktok/events-api/delivery.ts'",
  ],
  [
    'the inspector calls the Events API',
    'inspector/diagnose.ts',
    "import { codes } from '../tiktok/events-api/codes.ts'",
  ],
  ['code that pages share calls the Events API', 'tiktok/route.ts', "import { codes } from './events-api/codes.ts'"],
  [
    'the Events API imports the server',
    'tiktok/events-api/client.ts',
    "import { redact } from '../../server/redact.ts'",
  ],
  ['the Events API imports the browser', 'tiktok/events-api/client.ts', "import { join } from '../../browser/page.ts'"],
  ['the pure part of the Events API asks for the time', 'tiktok/events-api/backoff.ts', 'const now = Date.now()'],
  ['a host of TikTok is written again', 'node/serve.ts', "const host = 'https://analytics.tiktok.com'"],
  ['a limit of TikTok is written again', 'server/parse.ts', 'const seconds = 168 * 3600'],
  ['core asks for the time', 'core/event.ts', 'export const now = () => Date.now()'],
  ['core asks for a window', 'core/event.ts', 'export const url = () => window.location.href'],
  ['core throws dice', 'core/event.ts', 'export const id = () => Math.random()'],
  ['a folder has a barrel', 'core/index.ts', "export { holds } from './filter.ts'"],
  ['a file is named after nothing', 'core/utils.ts', 'export const one = 1'],
]

test.each(planted)('a planted violation is found: %s', (_, path, text) => {
  expect(breaches([...sources, { path, text }])).toHaveLength(1)
})

test('no file of src imports itself through other files', () => {
  expect(importCircles(sources)).toEqual([])
})

test.each([
  ["import { holds } from './b.ts'", "import { passes } from './a.ts'"],
  ["import type { Holds } from './b.ts'", "export { passes } from './a.ts'"],
  ["import './b.ts'", "const a = () => import('./a.ts')"],
])('a planted circle is found: %s and %s', (toB, toA) => {
  const planted = [
    { path: 'core/a.ts', text: toB },
    { path: 'core/b.ts', text: toA },
  ]
  expect(importCircles([...sources, ...planted])).toContain('core/a.ts → core/b.ts → core/a.ts')
})

test('a planted circle of three folders is found', () => {
  const planted = [
    { path: 'server/a.ts', text: "import '../node/b.ts'" },
    { path: 'node/b.ts', text: "import { c } from '../core/c.ts'" },
    { path: 'core/c.ts', text: "import type { A } from '../server/a.ts'" },
  ]
  expect(importCircles(planted)).toEqual(['server/a.ts → node/b.ts → core/c.ts → server/a.ts'])
})

/** The files of src that a bundle holds. `more` is code beside the entry's. */
async function filesOf(entry: string, more = ''): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: `export * from '${root}src/${entry}'\n${more}`, resolveDir: `${root}src` },
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    packages: 'external',
    external: ['./consent/index.ts', './inspector/index.ts'], // files of their own, loaded on demand
    metafile: true,
    write: false,
  })
  return Object.keys(metafile.inputs)
    .filter((path) => path !== '<stdin>')
    .map((path) => path.replace(/^src\//, ''))
}

/** Their folders. */
async function foldersOf(entry: string): Promise<string[]> {
  const files = await filesOf(entry)
  return [...new Set(files.map((path) => (path.includes('/') ? folderOf(path) : path)))].sort()
}

test.each(['script.ts', 'index.ts'])('the code for event name advice is in no page bundle: %s', async (entry) => {
  const bundled = await filesOf(entry)
  expect(bundled).toContain('core/event.ts')
  expect(bundled).not.toContain('core/event-synonyms.ts')
  expect(await filesOf('inspector/index.ts')).toContain('core/event-synonyms.ts')
})

test.each([
  ['script.ts', ['browser', 'core', 'script.ts', 'tiktok', 'tiktok/pixel']],
  ['index.ts', ['browser', 'core', 'create-converge.ts', 'index.ts', 'load-inspector.ts', 'tiktok', 'tiktok/pixel']],
  ['browser/start.ts', ['browser', 'core', 'tiktok', 'tiktok/pixel']],
  ['consent/index.ts', ['consent', 'core']],
  ['inspector/index.ts', ['core', 'inspector', 'tiktok', 'ui']],
  ['admin/index.ts', ['admin', 'core', 'ui']],
  ['server/index.ts', ['core', 'server', 'store', 'tiktok', 'tiktok/events-api']],
  [
    'node/index.ts',
    ['core', 'node', 'server', 'store', 'store/postgres', 'store/sqlite', 'tiktok', 'tiktok/events-api'],
  ],
  ['store/postgres/index.ts', ['core', 'server', 'store', 'store/postgres', 'tiktok', 'tiktok/events-api']],
  ['cloudflare/index.ts', ['cloudflare', 'core', 'server', 'store', 'tiktok', 'tiktok/events-api']],
])('the bundle of %s contains only files from these folders', async (entry, folders) => {
  const found = await foldersOf(entry)
  expect(folders).toEqual(expect.arrayContaining(found))
  expect(found).toContain(folders.find((folder) => entry.startsWith(folder)) ?? entry)
})

const forPages = ['script.ts', 'index.ts', 'browser/start.ts', 'consent/index.ts', 'inspector/index.ts']
const eventsApiFiles = (files: string[]) => files.filter((path) => path.startsWith('tiktok/events-api/'))

test.each(forPages)('no code of the Events API is in the page bundle of %s', async (entry) => {
  expect(eventsApiFiles(await filesOf(entry))).toEqual([])
})

test('a planted import of the Events API into page code is found', async () => {
  const planted = "export { rowOf } from './tiktok/events-api/codes.ts'"
  expect(eventsApiFiles(await filesOf('script.ts', planted))).toEqual(['tiktok/events-api/codes.ts'])
})
