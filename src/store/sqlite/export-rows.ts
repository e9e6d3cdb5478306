import { randomUUID } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Profile, ProfileKey } from '../profile.ts'
import { createDeliveryLock } from './delivery-lock.ts'
import { createLogExport, type ExportedRow, type LogExport } from './export-log.ts'
import { fromBlob } from './profile-key.ts'
import { NOBODY, parseProfile } from './profile-rows.ts'
import { inTransaction } from './sqlite.ts'
import { openOutboxFile } from './sqlite-schema.ts'

/** Tables whose rows have an ID, and are moved in its order. */
export type MovedTable = 'waiting' | 'dead_letters'

export interface Chunk {
  table: MovedTable
  id: string
  /** The ID of the last row. */
  last: number
  rows: ExportedRow[]
}

export interface Export {
  /** Identifies the file, so that a repeated move continues where it ended. */
  id: string
  /** The pixel that owns the file, or `undefined` if it has never been served. */
  pixelId: string | undefined
  /**
   * Reads the oldest rows. They have the same chunk ID until they are removed, also after this process was interrupted.
   * `undefined` if there is none.
   */
  nextChunk(table: MovedTable): Chunk | undefined
  /** Deletes the rows of a chunk. */
  remove(chunk: Chunk): void
  /** Reads the order memory in parts. */
  orders(): Generator<ExportedRow[]>
  /** Reads the history of customers in parts, with keys in hex. */
  customers(): Generator<ExportedRow[]>
  /** Reads the oldest profiles behind an ID, with the keys that lead to them. */
  profiles(after: number): ExportedProfile[]
  /** Keys that belong to nobody, because too many used them. */
  sharedKeys(): ProfileKey[]
  /** Denials of consent: the times, in milliseconds since 1970. */
  denials(): Map<ProfileKey, number>
  /** The salt and the retention of the history. `undefined` if there is none. */
  history(): ExportedRow | undefined
  log: LogExport
  /** Counts since the file was created, by name. */
  totals(): ExportedRow[]
  /** When the intake was stopped, in milliseconds since 1970. */
  pausedSince(): number | undefined
  close(): void
}

export interface ExportedProfile {
  id: number
  profile: Profile
  keys: ProfileKey[]
}

const CHUNK = 1000
// Counted anew by the other database, or not a count.
const NOT_MOVED = ['waiting', 'dead', 'profiles', 'denials', 'shared_keys', 'clock']

/**
 * Opens a file to move what it has. No server may send its events meanwhile.
 *
 * @throws a sentence if a server uses the file, or it cannot be opened
 */
export function openExport(path: string): Export {
  const database = openOutboxFile(path)
  const lock = createDeliveryLock(path)
  if (!lock.take()) {
    database.close()
    throw new Error(`converge-tiktok: a server uses ${path}. Stop it first. Nothing was moved.`)
  }
  const prepare = (sql: string) => database.prepare(sql)
  const id = idOf(database)
  const chunks = createChunks(database)
  return {
    id,
    pixelId: textOf(prepare('SELECT pixel FROM owner').get()?.pixel),
    nextChunk: chunks.next,
    remove: chunks.remove,
    orders: () => inParts(database, 'SELECT event, event_id, added, signed FROM orders'),
    customers: () => inParts(database, 'SELECT lower(hex(key)) AS key, first_id, first_time, latest FROM customers'),
    history: () => prepare('SELECT salt, keep_for FROM customer_history').get(),
    ...profileExport(database),
    log: createLogExport(database),
    totals: () =>
      prepare('SELECT name, count FROM totals')
        .all()
        .filter(({ name }) => !NOT_MOVED.includes(String(name))),
    pausedSince() {
      const since = prepare("SELECT since FROM switches WHERE name = 'pause'").get()?.since
      return since === undefined ? undefined : Number(since)
    },
    close() {
      lock.release()
      database.close()
    },
  }
}

function profileExport(database: DatabaseSync): Pick<Export, 'profiles' | 'sharedKeys' | 'denials'> {
  const prepare = (sql: string) => database.prepare(sql)
  const next = prepare(`SELECT id, body FROM profiles WHERE id > ? ORDER BY id LIMIT ${CHUNK}`)
  const keysOf = prepare('SELECT key FROM profile_keys WHERE profile = ?')
  const shared = prepare(`SELECT key FROM profile_keys WHERE profile = ${NOBODY}`)
  const denials = prepare('SELECT key, time FROM tombstones')
  const keys = (rows: ExportedRow[]) => rows.map(({ key }) => fromBlob(key))
  return {
    profiles: (after) =>
      next.all(after).map(({ id, body }) => ({
        id: Number(id),
        profile: parseProfile(String(body)),
        keys: keys(keysOf.all(id ?? null)),
      })),
    sharedKeys: () => keys(shared.all()),
    denials: () => new Map(denials.all().map(({ key, time }) => [fromBlob(key), Number(time)])),
  }
}

/** Returns the ID of a file, which is made when it is first moved. */
function idOf(database: DatabaseSync): string {
  database.exec(`CREATE TABLE IF NOT EXISTS moved (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS moved_chunk (name TEXT PRIMARY KEY, id TEXT NOT NULL, last INTEGER NOT NULL) STRICT`)
  database.prepare('INSERT INTO moved VALUES (1, ?) ON CONFLICT DO NOTHING').run(randomUUID())
  return String(database.prepare('SELECT id FROM moved').get()?.id)
}

/**
 * SQLite may give the ID of a deleted row to a new one. So a chunk is named before it is moved, and its rows and its name are
 * deleted together.
 */
function createChunks(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  const select = {
    waiting: prepare(
      `SELECT id, event, event_id, origin, added, expires, due, attempts, body, held, line FROM waiting WHERE id <= ? ORDER BY id LIMIT ${CHUNK}`,
    ),
    dead_letters: prepare(`SELECT * FROM dead_letters WHERE id <= ? ORDER BY id LIMIT ${CHUNK}`),
  } as const satisfies Record<MovedTable, unknown>
  const erase = {
    waiting: prepare('DELETE FROM waiting WHERE id <= ?'),
    dead_letters: prepare('DELETE FROM dead_letters WHERE id <= ?'),
  } as const satisfies Record<MovedTable, unknown>
  const begun = prepare('SELECT id, last FROM moved_chunk WHERE name = ?')
  const begin = prepare('INSERT INTO moved_chunk VALUES (?, ?, ?)')
  const end = prepare('DELETE FROM moved_chunk WHERE name = ?')
  const countFewer = prepare("UPDATE totals SET count = count - ? WHERE name = 'waiting'")
  return {
    next(table: MovedTable): Chunk | undefined {
      const open = begun.get(table)
      if (open) {
        const last = Number(open.last)
        return { table, id: String(open.id), last, rows: select[table].all(last) }
      }
      const rows = select[table].all(Number.MAX_SAFE_INTEGER)
      if (!rows.length) return undefined
      const [id, last] = [randomUUID(), Number(rows.at(-1)?.id)]
      begin.run(table, id, last)
      return { table, id, last, rows }
    },
    remove({ table, last }: Chunk): void {
      inTransaction(database, () => {
        const count = Number(erase[table].run(last).changes)
        if (table === 'waiting') countFewer.run(count) // a trigger counts dead letters
        end.run(table)
      })
    },
  }
}

function* inParts(database: DatabaseSync, sql: string): Generator<ExportedRow[]> {
  let part: ExportedRow[] = []
  for (const row of database.prepare(sql).iterate()) {
    part.push(row)
    if (part.length < CHUNK) continue
    yield part
    part = []
  }
  if (part.length) yield part
}

const textOf = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined
