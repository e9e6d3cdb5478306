// Installs each example that has a package.json of its own, from its lock, and runs its `check`. They use dist/ as a shop
// would use the package: build first.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const names = readdirSync(examples).filter((name) => existsSync(`${examples}${name}/package.json`))
const failed = []

/** Prints what it says only where it fails. */
function run(name, ...words) {
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: examples + name, encoding: 'utf8' })
  if (status !== 0) console.error(`${name}: npm ${words.join(' ')} failed.\n${stdout}${stderr}`)
  return status === 0
}

for (const name of names) {
  const start = Date.now()
  const isSound = run(name, 'ci') && run(name, 'run', 'check')
  if (!isSound) failed.push(name)
  console.log(`${isSound ? '✓' : '✗'} ${name}, ${((Date.now() - start) / 1000).toFixed(0)} s`)
}

console.log(`${names.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length ? 1 : 0
