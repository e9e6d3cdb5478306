import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createLogExport } from '../../src/store/sqlite/export-log.ts'
import { createLineSearch } from '../../src/store/sqlite/log-person.ts'
import { createLogPruning } from '../../src/store/sqlite/log-pruning.ts'
import { createLogReader } from '../../src/store/sqlite/log-reader.ts'
import { createLogWriter } from '../../src/store/sqlite/log-writer.ts'
import { openOutboxFile } from '../../src/store/sqlite/sqlite-schema.ts'
import { newPath } from './outbox-kit.ts'

test('no statement on the event log reads all of its lines, or all waiting events', () => {
  const database = openOutboxFile(newPath())
  onTestFinished(() => database.close())
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  onTestFinished(() => prepare.mockRestore())
  const parts = [createLogReader, createLogWriter, createLogPruning, createLogExport, createLineSearch]
  for (const create of parts) create(database)
  const statements = prepare.mock.calls.map(([sql]) => sql)
  expect(statements.length).toBeGreaterThan(30)
  for (const sql of statements) {
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
    if (sql === 'SELECT max(id) AS id FROM log') continue // the last line
    if (sql.includes('IN (SELECT line FROM waiting)')) continue // for a move, while no server runs
    // SQLite's words: https://www.sqlite.org/eqp.html. With max(), a scan is called SEARCH, too, but USING no index.
    expect(
      steps.map(({ detail }) => detail).filter((detail) => /^SCAN (log|waiting)\b|^SEARCH log$/.test(String(detail))),
      sql,
    ).toEqual([])
  }
})
