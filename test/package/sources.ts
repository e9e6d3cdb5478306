import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Source } from './import-rules.ts'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** Every file of src. */
export const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(`${src}${path}`, 'utf8') }))
