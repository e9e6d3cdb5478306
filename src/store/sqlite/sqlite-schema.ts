import { renameSync, rmSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { historyTables } from './history-tables.ts'
import { linesInWaitingRows, logTables, smallerIndex } from './log-tables.ts'
import { profileTables } from './profile-tables.ts'
import { busyTimeout, inTransaction, openSqlite, openSqliteReadOnly, reasonOf, UnusableFile } from './sqlite.ts'
import { switchTables } from './switch-tables.ts'

/** "CvTT", which marks the file as an outbox of this package. https://www.sqlite.org/pragma.html#pragma_application_id */
const applicationId = 0x43765454

// Only for a new file. With incremental vacuum, free pages can be returned to a full disk.
const newFile = `
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = ${applicationId};
`

// WAL and NORMAL: a commit is one append to one file. SQLite syncs that file only before a checkpoint. With FULL it would sync
// after each commit, and block the whole process meanwhile. `sync` does the same asynchronously.
// The log is large, so that events that are sent soon are never written to the database file.
const connection = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 8000;
PRAGMA journal_size_limit = 67108864;
`

// waiting.origin is the side that sent the event, with its test code. Rows with different origins may wait at the same time.
// dead_letters.body is missing in letters from files without a version. They can no longer be sent. orders.added is when a page
// sent the order, orders.signed when a signed source did; 0 means never. orders.event is TikTok's name of a row, or Converge's
// name of the order. In the latter case orders.signed is when a signed source decided its rows.
/** Version 1 of the tables. */
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

// Counting a million dead letters takes 0.2 s, and anybody may request health.
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

/** To version 1. */
const fromUnversioned = `
ALTER TABLE waiting RENAME COLUMN test TO origin;
ALTER TABLE orders ADD COLUMN signed INTEGER NOT NULL DEFAULT 0;
DROP INDEX dead_letters_problem;
${counters}
INSERT INTO problems SELECT problem, count(*) FROM dead_letters GROUP BY problem;
INSERT INTO totals SELECT 'dead', count(*) FROM dead_letters;
PRAGMA application_id = ${applicationId};
`

// waiting.held is 1 while an order waits for its other copy, until `due`. It was never passed to `deliver`, so it may be merged.
const heldOrders = `
ALTER TABLE waiting ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX waiting_held ON waiting (event_id) WHERE held = 1;
CREATE INDEX waiting_held_due ON waiting (due) WHERE held = 1;
`

// Alerts that were posted and are not over.
const postedAlerts = `
CREATE TABLE IF NOT EXISTS alerts (cause TEXT PRIMARY KEY, sentence TEXT NOT NULL) STRICT, WITHOUT ROWID;
`

/**
 * Each migration updates a file from the version of its index to the next. It only adds, so that a process of the previous
 * version can keep using the file. A later version removes what nothing uses. Never change a released migration.
 */
const migrations: readonly string[] = [
  fromUnversioned,
  heldOrders,
  profileTables + historyTables + logTables + switchTables,
  postedAlerts,
  smallerIndex,
  linesInWaitingRows,
]

/** The version of the tables. A file without an application ID and version has version 0. */
const schemaVersion = migrations.length

const unversionedTables: Record<string, string> = {
  waiting: 'id,event,event_id,test,added,expires,due,attempts,body',
  dead_letters: 'id,event,event_id,died,attempts,problem,body',
  orders: 'event,event_id,added',
  totals: 'name,count',
  owner: 'one,pixel',
}

// Another process that is closing the file may still have it locked.
const patient = 'PRAGMA busy_timeout = 5000'

/** Version 0 is a file without a version. */
type Format = 'empty' | number

/**
 * Opens an outbox for writing. Creates the file if it does not exist. Updates an older file after copying it.
 *
 * @throws a sentence if the file cannot be opened or copied, is not an outbox, or is from a later version. The file is not
 * changed then.
 */
export function openOutboxFile(path: string): DatabaseSync {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > 0) openSqliteReadOnly(path, (database) => assertOurs(database, path))
  return openSqlite(path, (database) => {
    database.exec(patient) // blocking is harmless before the server starts
    const format = formatOf(database, path)
    if (format === 'empty') database.exec(newFile)
    else if (format < schemaVersion) copyBefore(database, path, format)
    database.exec(connection)
    inTransaction(database, () => bringUpToDate(database, formatOf(database, path)))
    if (format === 0 && size <= largestRewrite) makeShrinkable(database)
    database.exec(`PRAGMA busy_timeout = ${busyTimeout}`)
    return database
  })
}

/** The path of the copy that is made before an update. */
export const copyOf = (path: string, format: number): string => `${path}-version-${format}`

function copyBefore(database: DatabaseSync, path: string, format: number): void {
  const unfinished = `${copyOf(path, format)}-${process.pid}`
  try {
    rmSync(unfinished, { force: true })
    copyDatabase(database, unfinished)
    renameSync(unfinished, copyOf(path, format))
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw new UnusableFile(
      `converge-tiktok: ${path} must be updated, but could not be copied to ${copyOf(path, format)} first (${reasonOf(error)}). It was not changed. Make room on the disk, and let this process write to the folder.`,
      { cause: error },
    )
  }
}

/** Copies the whole database to a file that must not exist. Other processes may write meanwhile. */
export function copyDatabase(database: DatabaseSync, file: string): void {
  database.prepare('VACUUM INTO ?').run(file)
}

export const schemaVersionOf = (database: DatabaseSync): number => pragma(database, 'user_version')

/**
 * Opens an outbox of any version for reading.
 *
 * @throws a sentence if the file cannot be opened, is not an outbox, or is from a later version
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
  if (format === 'empty') database.exec(tables + counters)
  for (const migration of migrations.slice(format === 'empty' ? 1 : format)) database.exec(migration)
  database.exec(`PRAGMA user_version = ${schemaVersion}`)
}

/** Bytes. Rewriting a larger file would take too long. */
export const largestRewrite = 32_000_000

/** Rewrites a file of version 0, so that it can return free pages to the disk. */
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
      `converge-tiktok: the database file ${path} was created by a later version of converge-tiktok (the file has format ${version}, this version supports up to ${schemaVersion}). Update converge-tiktok, or name another file.`,
    )
  }
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
  if (id === applicationId && version > 0) return version
  if ((id === 0 || id === applicationId) && version === 0) {
    if (names.length === 0) return 'empty'
    if (id === 0 && isUnversioned(database, names.length)) return 0
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
    `converge-tiktok: ${path} is not a database of converge-tiktok. It was not changed. Name another file.`,
  )
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}
