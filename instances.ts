// Makes one function of the modules in src/browser, so that each call of it is an instance with a state of its own. The
// modules share one scope then: no part of an instance is handed to another, which costs a tenth of the script's bytes.

import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const start = /src\/browser\/start\.ts$/

/** What instances share, the pure modules of src/core and src/tiktok, stays outside of the function. */
const coreStaysOutside: Plugin = {
  name: 'core stays outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/(core|tiktok)\// }, ({ path }) => ({ path, external: true }))
  },
}

/** The code of src/browser/start.ts, which only declares it. */
async function startModule(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path('src/browser/converge.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2020',
    plugins: [coreStaysOutside],
    write: false,
  })
  const text = outputFiles.map(({ text }) => text).join()
  const imports = text.match(/^import .*$/gm) ?? []
  const body = text.replace(/^import .*$/gm, '').replace(/export \{\s*converge\s*\};/, 'return converge;')
  return `${imports.join('\n')}\nexport function startConverge(givenConfig, givenWindow, givenParts) {${body}}`
}

/** For esbuild. */
export const instances: Plugin = {
  name: 'instances',
  setup({ onLoad }) {
    onLoad({ filter: start }, async () => ({ contents: await startModule(), resolveDir: path('src/browser') }))
  },
}

/** For Vite. */
export const viteInstances = {
  name: 'instances',
  enforce: 'pre' as const,
  load: (id: string) => (start.test(id) ? startModule() : undefined),
}
