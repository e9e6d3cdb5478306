// Builds dist/: the bundles below with their source maps, their declarations, and the hashes for Subresource Integrity.
// Prints name · bytes · brotli · SRI hash.

import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { minify as terser } from 'terser'
import { minify as uglify } from 'uglify-js'
import { adminLicenses, buildAdminPage } from './build/admin-page.mjs'
import { writeDeclarations } from './build/declarations.mjs'
import { variants } from './src/core/variants.ts'
import { configSchema } from './src/node/config-schema.ts'
import { scripts } from './src/server/scripts.ts'

const forPages = [
  ...Object.entries(variants).map(([file, features]) => ({
    entry: 'src/script.ts',
    file,
    features,
    minified: toScript,
  })),
  { entry: 'src/consent/index.ts', file: 'consent.js', minified: toModule },
  { entry: 'src/inspector/index.ts', file: 'inspector.js', minified: toModule },
  { entry: 'src/index.ts', file: 'index.js' },
  { entry: 'src/load-inspector.ts', file: 'load-inspector.js' },
]
// Built together, so that shared code exists once. An error's class is then the same in every entry.
const forServers = {
  server: 'src/server/index.ts',
  node: 'src/node/index.ts',
  postgres: 'src/store/postgres/index.ts',
  cloudflare: 'src/cloudflare/index.ts',
  cli: 'src/node/cli.ts',
  'checkpoint-worker': 'src/store/sqlite/checkpoint-worker.ts',
  'log-reader-worker': 'src/store/sqlite/log-reader-worker.ts',
}

/** Code that a page loads on demand is a separate file next to the importing one. */
const partsAreFiles = {
  name: 'parts are files',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(consent\/index|load-inspector)\.ts$/ }, ({ path }) => ({
      path: path.replace(/(\/index)?\.ts$/, '.js'),
      external: true,
    }))
  },
}

/** The hashes for the `integrity` attribute of a script tag, by file. */
const integrity = {}

const builtPage = await buildAdminPage()

/** Embeds the scripts and the operator's page as text, because a forwarder also serves them on platforms without files. */
const scriptsAreText = {
  name: 'scripts are text',
  setup({ onLoad }) {
    onLoad({ filter: /src\/server\/scripts\.ts$/ }, () => ({
      contents: `export const scripts = ${JSON.stringify(scripts)}`,
    }))
    onLoad({ filter: /src\/server\/admin\/built-page\.ts$/ }, () => ({
      contents: `export const builtPage = ${JSON.stringify(builtPage)}`,
    }))
  },
}

const path = (name) => fileURLToPath(new URL(name, import.meta.url))

function write(file, code, map) {
  const text = map ? `${code.trimEnd()}\n//# sourceMappingURL=${file}.map\n` : code
  writeFileSync(path(`dist/${file}`), text)
  if (map) writeFileSync(path(`dist/${file}.map`), map)
  console.log(`${file} · ${Buffer.byteLength(code)} B · ${brotliCompressSync(code).length} B brotli`)
  return text
}

/** Reads a bundle's map without the text of the page scripts. Returns `undefined` for a bundle that only has imports. */
function readMap(text) {
  const map = JSON.parse(text)
  if (map.sources.length === 0) return undefined
  const sourcesContent = map.sourcesContent.map((content, index) =>
    /\/server\/(scripts|admin\/built-page)\.ts$/.test(map.sources[index]) ? null : content,
  )
  return JSON.stringify({ ...map, sourcesContent })
}

rmSync(path('dist'), { recursive: true, force: true })
mkdirSync(path('dist'))

console.log(
  `operator's page · ${Buffer.byteLength(builtPage.html)} B · ${brotliCompressSync(builtPage.html).length} B brotli`,
)
write('third-party-licenses.txt', adminLicenses())
write('converge.schema.json', `${JSON.stringify(configSchema, undefined, 2)}\n`)

for (const { entry, file, features = variants['converge.js'], minified } of forPages) {
  const { outputFiles } = await build({
    entryPoints: [path(entry)],
    bundle: true,
    format: 'esm',
    target: 'es2020', // old in-app web views parse it
    minifySyntax: minified !== undefined,
    sourcemap: 'external',
    outfile: path(`dist/${file}`),
    define: Object.fromEntries(Object.entries(features).map(([name, isIn]) => [`FEATURES.${name}`, String(isIn)])),
    plugins: [partsAreFiles],
    write: false,
  })
  const [map, module] = outputFiles.map(({ text }) => text)
  const built = minified ? await minified(module, map) : { code: module, map }
  const text = write(file, built.code, built.map)
  if (!minified) continue
  if (Object.hasOwn(scripts, file)) scripts[file] = built.code
  integrity[file] = `sha384-${createHash('sha384').update(text).digest('base64')}`
}

const { outputFiles } = await build({
  entryPoints: forServers,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  packages: 'external',
  external: ['node:*'],
  sourcemap: 'external',
  outdir: path('dist'),
  chunkNames: 'shared-[hash]',
  plugins: [scriptsAreText],
  write: false,
})
const built = new Map(outputFiles.map((output) => [basename(output.path), output.text]))
for (const [file, code] of built) if (!file.endsWith('.map')) write(file, code, readMap(built.get(`${file}.map`)))

await writeDeclarations({
  index: 'src/index.ts',
  consent: 'src/consent/index.ts',
  inspector: 'src/inspector/index.ts',
  server: forServers.server,
  node: forServers.node,
  postgres: forServers.postgres,
  cloudflare: forServers.cloudflare,
})

writeFileSync(path('dist/sri.json'), `${JSON.stringify(integrity, null, 2)}\n`)
for (const [file, hash] of Object.entries(integrity)) console.log(`${file} · ${hash}`)

/**
 * Every visitor downloads these files. Terser's output is 7 % smaller than esbuild's, and UglifyJS saves another 1.5 %: it
 * reuses the same short names in each function, which compress better. The option `unsafe` is off, because it replaces
 * `String(value)` with `value + ''`, which throws for a symbol.
 */
async function toModule(module, map) {
  const common = { passes: 3, keep_fargs: false, pure_getters: true }
  // Functions compress better if they are not inlined.
  const forTerser = { ...common, ecma: 2020, unsafe_arrows: true, inline: 0 }
  const forUglify = { ...common, inline: 1 }
  const sourceMap = { content: map, includeSources: true }
  const first = await terser(module, { module: true, ecma: 2020, compress: forTerser, mangle: false, sourceMap })
  const second = uglify(first.code, {
    module: true,
    toplevel: true,
    compress: forUglify,
    sourceMap: { content: first.map, includeSources: true },
  })
  if (second.error) throw second.error
  return second
}

/** A script has no map, because every visitor would download the map's comment. */
async function toScript(module, map) {
  const { code } = await toModule(module, map)
  return { code: `(()=>{${code}})();` }
}
