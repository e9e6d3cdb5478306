import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Environment } from './file-sources.ts'

/** The environment variables, plus those in the file .env next to a config. Real environment variables take precedence. */
export function readEnvironment(config: string): Environment {
  const path = join(dirname(config), '.env')
  return existsSync(path) ? { ...parseEnv(readFileSync(path, 'utf8')), ...process.env } : process.env
}
