import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Environment } from './file-sources.ts'

/**
 * The environment variables, plus those in the file .env next to a config. Real environment variables take precedence, unless
 * they are empty, as Docker Compose passes those that nobody has set.
 */
export function readEnvironment(config: string): Environment {
  const path = join(dirname(config), '.env')
  if (!existsSync(path)) return process.env
  const set = Object.entries(process.env).filter(([, value]) => value !== '')
  return { ...parseEnv(readFileSync(path, 'utf8')), ...Object.fromEntries(set) }
}
