// Writes the declarations of each entry. TypeScript 7 emits one for each source file, with imports that older versions of
// TypeScript cannot resolve (`./types.ts`). After bundling, each entry is one file, and shared types are in another.

import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** `entries` maps a file of dist/, without its extension, to its source file. */
export async function writeDeclarations(entries) {
  const emitted = path('.cache/declarations')
  rmSync(emitted, { recursive: true, force: true })
  const tsc = path('node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '--project', path('tsconfig.build.json'), '--outDir', emitted], {
    stdio: 'inherit',
  })

  const bundle = await rolldown({
    input: Object.fromEntries(
      Object.entries(entries).map(([name, entry]) => [name, entry.replace(/^src/, emitted).replace(/\.ts$/, '.d.ts')]),
    ),
    external: /^(node:|[a-z@])/,
    cwd: emitted,
    plugins: [dts({ dtsInput: true, emitDtsOnly: true, sourcemap: false, tsconfig: false })],
  })
  await bundle.write({ dir: path('dist'), format: 'esm', chunkFileNames: 'shared-[hash].d.ts' })
  await bundle.close()
}
