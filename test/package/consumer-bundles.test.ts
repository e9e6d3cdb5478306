import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { type BuildOptions, build as esbuild } from 'esbuild'
import { createLogger, createServer, build as viteBuild } from 'vite'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { type ConsumerProject, createProject, runNode } from './consumer-project.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** The name of the inspector's element, which no other part of the package knows. */
const inspectorMark = 'converge-inspector'
const pixelId = 'CJQBODJC77UB4MRTGFRF'
const app = `
import { createConverge } from 'converge-tiktok'
createConverge({ pixelId: '${pixelId}', consent: 'require', debug: true })
`
// Bytes, brotli 11, minified: what a visitor downloads who loads one file. With code splitting the adapters to consent
// platforms are files of their own.
const BUDGET = { oneFile: 15_200, split: 13_850, vite: 14_350 }

/** Prints the size, and holds it. */
function holdSize(name: string, text: string, budget: number): void {
  const size = brotliCompressSync(text).length
  console.log(`consumer bundle, ${name} · ${Buffer.byteLength(text)} B · ${size} B brotli`)
  expect(size).toBeLessThanOrEqual(budget)
}

function createApp(): ConsumerProject {
  const project = createProject()
  project.write('main.js', app)
  project.write('index.html', '<script type="module" src="/main.js"></script>')
  return project
}

/** What esbuild makes of the app, by file, and written to `out`. It warns about nothing. */
async function bundle({ folder, write }: ConsumerProject, options: BuildOptions): Promise<Record<string, string>> {
  const { outputFiles, warnings } = await esbuild({
    absWorkingDir: folder,
    entryPoints: ['main.js'],
    bundle: true,
    minify: true,
    logLevel: 'silent',
    outdir: 'out',
    ...options,
    write: false,
  })
  expect(warnings).toEqual([])
  const files = Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text]))
  for (const [file, text] of Object.entries(files)) write(`out/${file}`, text)
  return files
}

/** A browser's window for a bundle that runs on Node: the globals that a module finds there. */
const page = `
import { Window } from ${JSON.stringify(pathToFileURL(join(root, 'node_modules/happy-dom/lib/index.js')))}
const window = new Window({ url: 'https://www.shop.example/' })
window.SyntaxError ??= SyntaxError
Object.assign(globalThis, { window, document: window.document, location: window.location })
const { promise, resolve } = Promise.withResolvers()
console.error = resolve
new window.MutationObserver(() => {
  if (window.document.querySelector('${inspectorMark}')) resolve('the inspector is open')
}).observe(window.document, { childList: true, subtree: true })
await import(process.argv[2])
console.log(String(await promise))
process.exit()
`

test.each(['iife', 'esm'] as const)(
  "esbuild's bundle without code splitting, format %s, does not contain the inspector",
  async (format) => {
    const files = await bundle(createApp(), { format })
    expect(Object.keys(files)).toEqual(['main.js'])
    const { 'main.js': text = '' } = files
    expect(text).not.toContain(inspectorMark)
    holdSize(`esbuild, ${format}, one file`, text, BUDGET.oneFile)
  },
)

test("esbuild's bundle with code splitting first loads only the tracker", async () => {
  const files = await bundle(createApp(), { format: 'esm', splitting: true })
  expect(Object.keys(files).length).toBeGreaterThan(1)
  for (const text of Object.values(files)) expect(text).not.toContain(inspectorMark)
  holdSize('esbuild, with splitting', files['main.js'] ?? '', BUDGET.split)
})

test('debug explains what to do if the inspector is not next to the bundle, and opens it after "converge-tiktok copy"', async () => {
  const project = createApp()
  await bundle(project, { format: 'esm' })
  project.write('page.mjs', page)
  const bundled = join(project.folder, 'out/main.js')
  const missing = await runNode(project.folder, ['page.mjs', bundled])
  expect(missing.output).toContain(
    `the inspector could not be loaded from ${pathToFileURL(join(project.folder, 'out/inspector.js'))}`,
  )
  expect(missing.output).toContain('npx converge-tiktok copy')

  const cli = join(project.folder, 'node_modules/converge-tiktok/dist/cli.js')
  expect(await runNode(project.folder, [cli, 'copy', 'out'])).toMatchObject({ code: 0 })
  expect((await runNode(project.folder, ['page.mjs', bundled])).output).toBe('the inspector is open\n')
})

test('debug explains what to do in a bundle that is not a module', async () => {
  const project = createApp()
  await bundle(project, { format: 'iife' })
  project.write('page.mjs', page)
  const { output } = await runNode(project.folder, ['page.mjs', join(project.folder, 'out/main.js')])
  expect(output).toContain('the inspector could not be loaded from a bundle that is not a module')
  expect(output).toContain('call inspect(converge, config, window)')
})

/** Vite's warnings and errors. */
function createQuietLogger() {
  const lines: string[] = []
  const logger = createLogger('silent')
  logger.warn = (line) => lines.push(line)
  logger.error = (line) => lines.push(line)
  return { logger, lines }
}

test('Vite builds an app with the inspector as a separate file, without a warning', async () => {
  const { folder } = createApp()
  const { logger, lines } = createQuietLogger()
  await viteBuild({ root: folder, configFile: false, logLevel: 'warn', customLogger: logger })
  expect(lines).toEqual([])

  const assets = join(folder, 'dist/assets')
  const texts = Object.fromEntries(readdirSync(assets).map((file) => [file, readFileSync(join(assets, file), 'utf8')]))
  const withInspector = Object.keys(texts).filter((file) => texts[file]?.includes(inspectorMark))
  expect(withInspector).toEqual([expect.stringMatching(/^inspector-.*\.js$/)])
  const [inspector = ''] = withInspector
  expect(Object.values(texts).filter((text) => text.includes(`/assets/${inspector}`))).toHaveLength(1)
  const [entry] = Object.keys(texts).filter((file) => file.startsWith('index-'))
  holdSize('Vite', texts[entry ?? ''] ?? '', BUDGET.vite)
})

test("Vite's development server serves the inspector", async () => {
  const { folder } = createApp()
  const { logger } = createQuietLogger()
  const server = await createServer({
    root: folder,
    configFile: false,
    customLogger: logger,
    server: { host: '127.0.0.1', port: 0, ws: false },
  })
  try {
    await server.listen()
    const [base = ''] = server.resolvedUrls?.local ?? []
    const read = async (path: string) => (await fetch(new URL(path, base))).text()
    /** The address that a module names, such as that of an import. */
    const next = async (path: string, shape: RegExp) => shape.exec(await read(path))?.[1] ?? ''
    const tracker = await next('/main.js', /from "([^"]+)"/)
    const loader = await next(tracker, /import\("([^"]*load-inspector[^"]*)"\)/)
    const inspector = await next(loader, /new URL\("([^"]+inspector\.js[^"]*)"/)
    expect(await read(inspector)).toContain(inspectorMark)
  } finally {
    await server.close()
  }
})

test('a server can import the package, and an instance there skips every event', async () => {
  const { folder, write } = createProject()
  write(
    'ssr.mjs',
    `import { createConverge } from 'converge-tiktok'
    const { status, reason } = createConverge({ pixelId: '${pixelId}', debug: true }).track('Searched', { query: 'cap' })
    console.log(status, reason)`,
  )
  expect(await runNode(folder, ['ssr.mjs'])).toEqual({ code: 0, output: 'skipped no_window\n' })
})

test('require() loads the same exports from CommonJS as import(), for every entry', async () => {
  const { folder, write } = createProject({})
  const entries = Object.keys(manifest.exports).filter((name) => !/\.js(on)?$/.test(name))
  const names = entries.map((entry) => entry.replace('.', manifest.name))
  write(
    'main.cjs',
    `const namesOf = (module) => Object.keys(module).sort().join()
    for (const name of ${JSON.stringify(names)})
      import(name).then((module) => console.log(name, module.default === undefined && namesOf(require(name)) === namesOf(module)))`,
  )
  const { code, output } = await runNode(folder, ['main.cjs'])
  expect([code, output.trim().split('\n').sort()]).toEqual([0, names.map((name) => `${name} true`).sort()])
})

test.each(['converge.js', 'converge-pixel.js', 'consent.js', 'inspector.js', 'sri.json', 'package.json'])(
  'a build script finds %s by its name',
  async (file) => {
    const { folder, write } = createProject()
    write('find.mjs', `console.log(new URL(import.meta.resolve('converge-tiktok/${file}')).pathname)`)
    const { output } = await runNode(folder, ['find.mjs'])
    expect(existsSync(output.trim())).toBe(true)
  },
)
