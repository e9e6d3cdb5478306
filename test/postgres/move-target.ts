import { onTestFinished, vi } from 'vitest'
import { databaseCommand } from '../../src/node/database-command.ts'
import { createDatabase } from './postgres-kit.ts'

export interface MoveTarget {
  url: string
  /** The URL without its password, as the command line takes it. */
  open: string
  /** The lines that commands have printed. */
  said: string[]
  /** Moves a file to the database. Returns the exit code. */
  move: (path: string) => Promise<number>
}

/** Creates an empty database for `database move`, with its password in the environment until the test ends. */
export async function createMoveTarget(): Promise<MoveTarget> {
  const url = await createDatabase()
  const parts = new URL(url)
  vi.stubEnv('PGPASSWORD', decodeURIComponent(parts.password))
  parts.password = ''
  const open = parts.href
  const said: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line) => void said.push(line))
  onTestFinished(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })
  return { url, open, said, move: (path) => databaseCommand(['move', '--from', path, '--to', open]) }
}
