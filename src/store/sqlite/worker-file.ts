import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The file of a thread: beside this one in the sources, and a file of its own in the package. */
export function workerFile(name: 'checkpoint-worker' | 'log-reader-worker'): URL {
  const source = new URL(`./${name}.ts`, import.meta.url)
  return existsSync(fileURLToPath(source)) ? source : new URL(`./${name}.js`, import.meta.url)
}
