import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Entry {
  link?: boolean
  integrity?: string
  resolved?: string
}

const root = new URL('../../', import.meta.url)
const examples = readdirSync(new URL('examples/', root)).map((name) => `examples/${name}/package-lock.json`)
const locks = [
  'package-lock.json',
  'bench/peers/package-lock.json',
  ...examples.filter((lock) => existsSync(new URL(lock, root))),
]

/** The packages of a lock file that come from a registry: not the project itself, and not a folder of this repository. */
function installed(lock: string): [path: string, entry: Entry][] {
  const { packages }: { packages: Record<string, Entry> } = JSON.parse(readFileSync(new URL(lock, root), 'utf8'))
  return Object.entries(packages).filter(([path, { link }]) => /(^|\/)node_modules\//.test(path) && !link)
}

test.each(locks)('%s has the digest of every package, and names no registry', (lock) => {
  const packages = installed(lock)
  expect(packages.length).toBeGreaterThan(20)
  const unsigned = packages.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))
  expect(unsigned.map(([path]) => path)).toEqual([])
  expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
})
