// Bytes of what a visitor downloads, and of what runs on a server.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { bundleForPage, bundleForServer } from './bundle.ts'
import { howToInstall, installedPeers, peersFolder } from './peers.ts'
import type { BenchOptions, Report, Row } from './report.ts'

const project = fileURLToPath(new URL('../', import.meta.url))

export async function measureSize({ against }: BenchOptions): Promise<Report[]> {
  const peers = installedPeers()
  const bundles = await Promise.all(
    peers.map(async ({ name, version, start }) =>
      sizeRow(`${name} ${version}`, await bundleForPage(start, peersFolder)),
    ),
  )
  return [
    {
      title: 'Size',
      about: ['Minified, then compressed by brotli 11. A page loads consent.js and inspector.js on demand.'],
      rows: [...(await ourRows(project)), ...(against ? prefixed('against: ', await ourRows(against)) : [])],
    },
    {
      title: 'Size of what a shop would use instead',
      about: [
        'Bundled for browsers by esbuild, with the call that starts it, as our own "bundle of a shop" above.',
        ...(peers.length > 0 ? ['If one needs a plug-in for TikTok, the plug-in is not included.'] : [howToInstall]),
      ],
      rows: bundles,
    },
  ]
}

async function ourRows(folder: string): Promise<Row[]> {
  const dist = join(folder, 'dist')
  const scripts = scriptsIn(dist).map((file) => sizeRow(file, readFileSync(join(dist, file), 'utf8')))
  const start = `import { createConverge } from './dist/index.js'
    globalThis.converge = createConverge({ pixelId: 'CJQBODJC77UB4MRTGFRF' })`
  const serverOf = (entry: string, name: string) =>
    bundleForServer(`export { ${name} } from './dist/${entry}.js'`, folder)
  return [
    ...scripts,
    sizeRow('bundle of a shop grows by', await bundleForPage(start, folder)),
    sizeRow('server, with its dependencies', await serverOf('node', 'serve')),
    sizeRow('Cloudflare Worker, with its dependencies', await serverOf('cloudflare', 'createWorker')),
  ]
}

/** Scripts for pages: what the forwarder serves, all variants included. */
function scriptsIn(dist: string): string[] {
  if (!existsSync(dist)) throw new Error(`${dist} does not exist. Run npm run build in that folder first.`)
  const others = /^(index|server|node|cloudflare|postgres|cli|.*-worker|shared-.*)\.js$/
  return readdirSync(dist)
    .filter((file) => file.endsWith('.js') && !others.test(file))
    .sort()
}

const prefixed = (prefix: string, rows: readonly Row[]): Row[] =>
  rows.map((row) => ({ ...row, name: `${prefix}${row.name}` }))

function sizeRow(name: string, code: string): Row {
  const bytes = (value: number) => `${value.toLocaleString('en-US')} B`
  return {
    name,
    value: brotliCompressSync(code).length,
    unit: 'B',
    also: { minified: bytes(Buffer.byteLength(code)), gzip: bytes(gzipSync(code, { level: 9 }).length) },
  }
}
