import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject, onTestFinished } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A consumer's project in its own folder, with the packed package in its node_modules. */
export interface ConsumerProject {
  folder: string
  write(path: string, text: string): void
}

/** Links the package's dependencies to this repository's, so that no registry is needed. */
export function createProject(packageJson: Record<string, unknown> = { type: 'module' }): ConsumerProject {
  const folder = mkdtempSync(join(tmpdir(), 'converge-consumer-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const modules = join(folder, 'node_modules')
  const target = join(modules, manifest.name)
  mkdirSync(target, { recursive: true })
  execFileSync('tar', ['-xzf', inject('tarball'), '-C', target, '--strip-components=1'])
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true }) // a name may have a scope
    symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir')
  }
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write('package.json', JSON.stringify({ name: 'consumer', private: true, ...packageJson }))
  return { folder, write }
}

/** Runs Node in a folder. The output contains both streams. */
export function runNode(folder: string, words: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, words, { cwd: folder, env: { PATH: process.env.PATH }, timeout: 50_000 })
  let output = ''
  child.stdout.on('data', (text) => (output += text))
  child.stderr.on('data', (text) => (output += text))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}
