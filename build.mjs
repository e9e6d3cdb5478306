// Builds dist/: the bundles below, and their declarations by tsc. Prints name · bytes · brotli.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { minify as terser } from 'terser'
import { minify as uglify } from 'uglify-js'
import { variants } from './src/core/variants.ts'

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
]
// Built together, so that what two of them share is there once: an error's class is the same in both.
const forServers = {
  server: 'src/server/index.ts',
  node: 'src/node/index.ts',
  cloudflare: 'src/cloudflare/index.ts',
  cli: 'src/node/cli.ts',
}

/** What a page loads on demand is a file beside the one that asks for it. */
const partsAreFiles = {
  name: 'parts are files',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(consent|inspector)\/index\.ts$/ }, ({ path }) => ({
      path: path.replace('/index.ts', '.js'),
      external: true,
    }))
  },
}

const scripts = {}

/** A forwarder serves the scripts, also where there are no files. */
const scriptsAreText = {
  name: 'scripts are text',
  setup({ onLoad }) {
    onLoad({ filter: /src\/server\/scripts\.ts$/ }, () => ({
      contents: `export const scripts = ${JSON.stringify(scripts)}`,
    }))
  },
}

const path = (name) => fileURLToPath(new URL(name, import.meta.url))

function write(file, code) {
  writeFileSync(path(`dist/${file}`), code)
  console.log(`${file} · ${Buffer.byteLength(code)} B · ${brotliCompressSync(code).length} B brotli`)
}

rmSync(path('dist'), { recursive: true, force: true })
mkdirSync(path('dist'))

for (const { entry, file, features = variants['converge.js'], minified } of forPages) {
  const { outputFiles } = await build({
    entryPoints: [path(entry)],
    bundle: true,
    format: 'esm',
    target: 'es2020', // old in-app web views parse it
    minifySyntax: minified !== undefined,
    define: Object.fromEntries(Object.entries(features).map(([name, isIn]) => [`FEATURES.${name}`, String(isIn)])),
    plugins: [partsAreFiles],
    write: false,
  })
  const [{ text }] = outputFiles
  const code = minified ? await minified(text) : text
  write(file, code)
  if (minified && features.relay) scripts[file] = code
}

const { outputFiles } = await build({
  entryPoints: forServers,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  packages: 'external',
  external: ['node:*'],
  outdir: path('dist'),
  chunkNames: 'shared-[hash]',
  plugins: [scriptsAreText],
  write: false,
})
for (const output of outputFiles) write(basename(output.path), output.text)

execFileSync(process.execPath, [path('node_modules/typescript/bin/tsc'), '--project', path('tsconfig.build.json')], {
  stdio: 'inherit',
})

/**
 * Every byte is a visitor's: terser leaves 7 % less than esbuild alone, and UglifyJS another 1.5 %. Its names compress better:
 * it gives the same ones to the same places of each small function. Neither may be `unsafe`: they would make `value + ''` of
 * `String(value)`, which throws for a symbol.
 */
async function toModule(module) {
  const common = { passes: 3, keep_fargs: false, pure_getters: true }
  // Functions that stay where they are, and fewer kinds of declarations, are 50 B less after brotli.
  const forTerser = { ...common, ecma: 2020, unsafe_arrows: true, inline: 0 }
  const forUglify = { ...common, inline: 1, reduce_funcs: false, varify: false }
  const { code } = await terser(module, { module: true, ecma: 2020, compress: forTerser, mangle: false })
  const result = uglify(code, { module: true, toplevel: true, compress: forUglify })
  if (result.error) throw result.error
  return result.code
}

async function toScript(module) {
  return `(()=>{${await toModule(module)}})();`
}
