// vitest's globalSetup for the tests of the package: packs it once, as it would be published.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the packed tarball. */
    tarball: string
    /** The paths in the package. */
    packedPaths: string[]
  }
}

const root = fileURLToPath(new URL('../../', import.meta.url))

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'converge-tiktok-'))
  const options = ['pack', '--ignore-scripts', '--offline', '--json', '--pack-destination', folder]
  const packed = JSON.parse(execFileSync('npm', options, { cwd: root, encoding: 'utf8', stdio: 'pipe' }))
  const [{ filename, files }] = Object.values(packed).map(Object)
  provide('tarball', join(folder, filename))
  provide(
    'packedPaths',
    files.map(({ path }: { path: string }) => path),
  )
  return () => rmSync(folder, { recursive: true })
}
