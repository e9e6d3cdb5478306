import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { busyTimeout, inTransaction, openSqlite, openSqliteReadOnly, UnusableFile } from './sqlite.ts'

/** "CvTT": marks the file as an outbox of this package. https://www.sqlite.org/pragma.html#pragma_application_id */
const applicationId = 0x43765454
/** Of the tables below. A file without the mark and this number was made before there was one. */
const schemaVersion = 1

// Once for a new file. Free pages can then be given back to a disk that runs full.
const newFile = `
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = ${applicationId};
`

// WAL and NORMAL: a commit is one append to one file. SQLite syncs that file only before it writes the pages back; with
// FULL it would after each commit, and hold up the whole process meanwhile. `sync` does the same beside it.
// What comes and is sent soon after need never be written back: hence the large log.
const connection = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 8000;
PRAGMA journal_size_limit = 67108864;
`

// waiting.origin is who brought the event, and a test code: what differs in it may wait side by side.
// dead_letters without a body are of files that had no version: nobody may send them any more.
// orders.added is when a page brought the order, orders.signed when a signed source did; 0 is never.
const tables = `
CREATE TABLE waiting (
  id INTEGER PRIMARY KEY,
  event TEXT NOT NULL,
  event_id TEXT NOT NULL,
  origin TEXT NOT NULL,
  added INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  due INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  body TEXT NOT NULL,
  UNIQUE (event, event_id, origin)
) STRICT;
CREATE INDEX waiting_expires ON waiting (expires);
CREATE INDEX waiting_due ON waiting (due) WHERE due > 0;
CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event TEXT NOT NULL,
  event_id TEXT NOT NULL,
  died INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  problem TEXT NOT NULL,
  body TEXT
) STRICT;
CREATE TABLE orders (
  event TEXT NOT NULL,
  event_id TEXT NOT NULL,
  added INTEGER NOT NULL,
  signed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (event, event_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE owner (one INTEGER PRIMARY KEY CHECK (one = 1), pixel TEXT NOT NULL) STRICT;
`

// Counting a million dead letters takes a fifth of a second, and anybody may ask for the health.
const counters = `
CREATE TABLE problems (problem TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX problems_count ON problems (count);
CREATE TRIGGER dead_letter_added AFTER INSERT ON dead_letters BEGIN
  INSERT INTO problems VALUES (new.problem, 1) ON CONFLICT DO UPDATE SET count = count + 1;
  INSERT INTO totals VALUES ('dead', 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER dead_letter_removed AFTER DELETE ON dead_letters BEGIN
  UPDATE problems SET count = count - 1 WHERE problem = old.problem;
  DELETE FROM problems WHERE problem = old.problem AND count = 0;
  UPDATE totals SET count = count - 1 WHERE name = 'dead';
END;
`

const fromUnversioned = `
ALTER TABLE waiting RENAME COLUMN test TO origin;
ALTER TABLE orders ADD COLUMN signed INTEGER NOT NULL DEFAULT 0;
DROP INDEX dead_letters_problem;
${counters}
INSERT INTO problems SELECT problem, count(*) FROM dead_letters GROUP BY problem;
INSERT INTO totals SELECT 'dead', count(*) FROM dead_letters;
PRAGMA application_id = ${applicationId};
`

const unversionedTables: Record<string, string> = {
  waiting: 'id,event,event_id,test,added,expires,due,attempts,body',
  dead_letters: 'id,event,event_id,died,attempts,problem,body',
  orders: 'event,event_id,added',
  totals: 'name,count',
  owner: 'one,pixel',
}

// Another process that has just closed the file may still hold it.
const patient = 'PRAGMA busy_timeout = 5000'

type Format = 'empty' | 'unversioned' | 'current'

/**
 * Opens an outbox to write to it. Makes the file if it is not there, and brings an older one up to date.
 *
 * @throws a sentence, if the file cannot be opened, is not an outbox, or was made by a later version. It is left as it was.
 */
export function openOutboxFile(path: string): DatabaseSync {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > 0) openSqliteReadOnly(path, (database) => assertOurs(database, path))
  return openSqlite(path, (database) => {
    database.exec(patient) // nothing is served yet that it could hold up
    const format = formatOf(database, path)
    if (format === 'empty') database.exec(newFile)
    database.exec(connection)
    inTransaction(database, () => bringUpToDate(database, formatOf(database, path)))
    if (format === 'unversioned' && size <= largestRewrite) makeShrinkable(database)
    database.exec(`PRAGMA busy_timeout = ${busyTimeout}`)
    return database
  })
}

/**
 * Opens an outbox of any version to look at it.
 *
 * @throws a sentence, if the file cannot be opened, is not an outbox, or was made by a later version
 */
export function openOutboxFileReadOnly(path: string): DatabaseSync {
  return openSqliteReadOnly(path, (database) => {
    database.exec(patient)
    if (formatOf(database, path) === 'empty') throw foreign(path)
    return database
  })
}

function assertOurs(database: DatabaseSync, path: string): void {
  database.exec(patient)
  formatOf(database, path)
  database.close()
}

function bringUpToDate(database: DatabaseSync, format: Format): void {
  if (format === 'current') return
  database.exec(format === 'empty' ? tables + counters : fromUnversioned)
  database.exec(`PRAGMA user_version = ${schemaVersion}`)
}

/** Bytes. Rewriting a larger file would take long. */
export const largestRewrite = 32_000_000

/** Rewrites a file of the format that had no version, so that it can give free pages back, too. */
export function makeShrinkable(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM')
  } catch {
    // Another process has the file open, or the disk has no room for it.
  }
}

function formatOf(database: DatabaseSync, path: string): Format {
  const id = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  if (id === applicationId && version > schemaVersion) {
    throw new UnusableFile(
      `converge-tiktok: the outbox ${path} was made by a later version of converge-tiktok (its format is ${version}, this version knows ${schemaVersion}). Update converge-tiktok, or name another file.`,
    )
  }
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
  if (id === applicationId && version === schemaVersion) return 'current'
  if ((id === 0 || id === applicationId) && version === 0) {
    if (names.length === 0) return 'empty'
    if (id === 0 && isUnversioned(database, names.length)) return 'unversioned'
  }
  throw foreign(path)
}

function isUnversioned(database: DatabaseSync, tableCount: number): boolean {
  const columns = database.prepare("SELECT group_concat(name, ',') AS names FROM pragma_table_info(?)")
  const expected = Object.entries(unversionedTables)
  return tableCount === expected.length && expected.every(([table, names]) => columns.get(table)?.names === names)
}

function foreign(path: string): UnusableFile {
  return new UnusableFile(
    `converge-tiktok: ${path} is not an outbox of converge-tiktok, so it was left as it is. Name a file of its own.`,
  )
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}
