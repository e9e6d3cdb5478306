import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Environment } from './file-sources.ts'
import { readTextFile } from './read-text-file.ts'

/**
 * The environment variables, plus those in the file .env next to a config. Real environment variables take precedence, unless
 * they are empty, as Docker Compose passes those that nobody has set.
 *
 * @throws a sentence if the file cannot be read
 */
export function readEnvironment(config: string): Environment {
  const path = join(dirname(config), '.env')
  if (!existsSync(path)) return process.env
  const file = parseEnv(read(path))
  const set = Object.entries(process.env).filter(([, value]) => value !== '')
  return { ...file, ...Object.fromEntries(set) }
}

function read(path: string): string {
  try {
    return readTextFile(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `converge-tiktok: ${path} could not be read (${reason}). Let this process read the file. If its variables are already in the environment, move the file.`,
      { cause: error },
    )
  }
}
