import { existsSync } from 'node:fs'
import { reasonOf } from '../store/postgres/connections.ts'
import { type Inspection, inspectPostgres } from '../store/postgres/inspect.ts'
import type { NamedFile, NamedPostgres } from './file-flags.ts'
import type { Finding } from './finding.ts'
import { readPause } from './pause-command.ts'

/** Checks the database that a server would use, and changes nothing. */
export async function checkDatabase(named: NamedFile | NamedPostgres, pixelId: string): Promise<Finding[]> {
  if (named.kind !== 'postgres') return checkPause(named)
  try {
    return findings(named, await inspectPostgres(named), pixelId)
  } catch (error) {
    return [{ ok: false, text: `${named.path} cannot be used (${reasonOf(error)}).` }]
  }
}

/** A server that has not started yet has no database. */
function checkPause({ path }: NamedFile): Finding[] {
  if (!existsSync(path)) return []
  try {
    const since = readPause(path)
    return since === undefined ? [] : [pausedFinding(path, since)]
  } catch (error) {
    return [{ ok: false, text: error instanceof Error ? error.message : String(error) }]
  }
}

function pausedFinding(path: string, since: number): Finding {
  const at = new Date(since).toISOString()
  const text = `${path} is paused by the command "converge-tiktok pause" since ${at}, so no page and no source sends events.`
  return { ok: undefined, text }
}

const OLDEST_SERVER = 13

const ofTables = {
  missing: { ok: true, text: 'the server creates its tables when it starts' },
  older: { ok: true, text: 'its tables are from an earlier version. The server updates them when it starts' },
  current: { ok: true, text: 'its tables are up to date' },
  newer: { ok: false, text: 'its tables are from a later version of converge-tiktok. Update this one' },
  foreign: { ok: false, text: 'the schema contains other tables. Name another one with --schema' },
} as const satisfies Record<Inspection['tables'], Finding>

function findings({ path }: NamedPostgres, found: Inspection, pixelId: string): Finding[] {
  const { server, tables, pausedSince, isDeliberate } = found
  const { ok, text } = ofTables[tables]
  const list: Finding[] = [{ ok, text: `${path} is PostgreSQL ${server}: ${text}.` }]
  if (Number.parseInt(server, 10) < OLDEST_SERVER)
    list.push({ ok: false, text: `PostgreSQL ${server} is too old. Use ${OLDEST_SERVER} or later.` })
  if (found.pixelId && found.pixelId !== pixelId)
    list.push({
      ok: false,
      text: `${path} contains events of pixel ${found.pixelId}. Name another schema with --schema.`,
    })
  if (!isDeliberate)
    list.push({
      ok: false,
      text: `The connection to ${path} is not encrypted. Add ?sslmode=verify-full to the URL, or ?sslmode=disable if the network is private.`,
    })
  if (pausedSince !== undefined) list.push(pausedFinding(path, pausedSince))
  return list
}
