// Copies each example that has a `check` to its own folder and installs the packed package there, as a shop would. The other
// packages come from the example's lock. Then runs the check. Build first.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const examples = join(root, 'examples')
const folder = mkdtempSync(join(tmpdir(), 'converge-examples-'))
const names = process.argv[2] ? process.argv.slice(2) : readdirSync(examples).filter(hasCheck)
const failed = []

function hasCheck(name) {
  const manifest = join(examples, name, 'package.json')
  return existsSync(manifest) && 'check' in JSON.parse(readFileSync(manifest, 'utf8')).scripts
}

/** Gives what it prints. Shows it only where it fails. */
function run(cwd, ...words) {
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout
  console.error(`npm ${words.join(' ')} failed in ${cwd}.\n${stdout}${stderr}`)
  return undefined
}

try {
  const packed = run(root, 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder)
  if (packed === undefined) process.exit(1)
  const tarball = join(folder, packed.trim())
  for (const name of names) {
    const start = Date.now()
    const copy = join(folder, name)
    const isSource = (path) => !/[\\/](node_modules|\.next|dist|\.wrangler)$/.test(path)
    cpSync(join(examples, name), copy, { recursive: true, filter: isSource })
    const install = ['install', '--no-audit', '--no-fund', tarball]
    const isSound = run(copy, ...install) !== undefined && run(copy, 'run', 'check') !== undefined
    if (!isSound) failed.push(name)
    console.log(`${isSound ? '✓' : '✗'} ${name}, ${((Date.now() - start) / 1000).toFixed(0)} s`)
    rmSync(copy, { recursive: true })
  }
} finally {
  rmSync(folder, { recursive: true })
}

console.log(`${names.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length ? 1 : 0
