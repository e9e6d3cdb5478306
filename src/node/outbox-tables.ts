import { closeSync, fdatasync } from 'node:fs'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { promisify } from 'node:util'
import type { OutboxEvent, Stats } from '../server/outbox.ts'
import { inTransaction, openLog, openSqlite } from './sqlite.ts'

// WAL and NORMAL: a commit is one append to one file. SQLite syncs that file only before it writes the pages back; with
// FULL it would after each commit, and hold up the whole process meanwhile. `sync` does the same beside it.
// What comes and is sent soon after need never be written back: hence the large log.
// dead_letters without a body are those that came too late: nobody may send them any more.
const setUp = `
PRAGMA busy_timeout = 5000;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 8000;
PRAGMA journal_size_limit = 67108864;
CREATE TABLE IF NOT EXISTS waiting (
  id INTEGER PRIMARY KEY,
  event TEXT NOT NULL,
  event_id TEXT NOT NULL,
  test TEXT NOT NULL,
  added INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  due INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  body TEXT NOT NULL,
  UNIQUE (event, event_id, test)
) STRICT;
CREATE INDEX IF NOT EXISTS waiting_expires ON waiting (expires);
CREATE INDEX IF NOT EXISTS waiting_due ON waiting (due) WHERE due > 0;
CREATE TABLE IF NOT EXISTS dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event TEXT NOT NULL,
  event_id TEXT NOT NULL,
  died INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  problem TEXT NOT NULL,
  body TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS dead_letters_problem ON dead_letters (problem);
CREATE TABLE IF NOT EXISTS orders (
  event TEXT NOT NULL,
  event_id TEXT NOT NULL,
  added INTEGER NOT NULL,
  PRIMARY KEY (event, event_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owner (one INTEGER PRIMARY KEY CHECK (one = 1), pixel TEXT NOT NULL) STRICT;
`

const orderMemory = 90 * 86_400_000
const problemsShown = 20
// One event may be large, and a thousand of them need not be in memory at once.
const maxBatch = 1000
const maxBatchText = 4_000_000
const chunk = 1000

export const tooLate = 'It waited for longer than TikTok remembers its event_id, and would have been counted twice.'

const syncFile = promisify(fdatasync)

/** An event, and the JSON that is kept of it. */
export interface KeptEvent {
  event: OutboxEvent
  body: string
}

export interface WaitingEvent {
  id: number
  attempts: number
  event: OutboxEvent
}

/** An event that was set aside. */
export interface DeadLetter {
  id: number
  event: string
  event_id: string
  /** When it was set aside, in milliseconds since 1970. */
  died: number
  attempts: number
  problem: string
  /** Whether it may still be sent. One that came too late never is. */
  canRetry: boolean
}

/** What becomes of events after they were handed out. */
export interface Outcome {
  done: WaitingEvent[]
  dead: WaitingEvent[]
  putOff: WaitingEvent[]
  /** When one of those may be looked at again, in milliseconds since 1970; 0 is at once. */
  dueAt(event: WaitingEvent): number
}

export type Chosen = readonly number[] | 'all'

export type Tables = ReturnType<typeof openTables>

/**
 * The file: what waits, what was set aside, and which orders were taken, of one pixel.
 *
 * @throws a sentence, where the file can't be opened, or is another pixel's
 */
export function openTables(path: string, pixelId?: string) {
  const { database, owner, statements } = openSqlite(path, (database) => {
    database.exec(setUp)
    return { database, owner: pixelId && claim(database, pixelId), statements: prepareStatements(database) }
  })
  if (owner !== pixelId) {
    database.close()
    throw new Error(
      `converge-tiktok: the outbox ${path} holds the events of pixel ${owner}, which are not ${pixelId}'s to send. Name a file of its own.`,
    )
  }
  const log = openLog(path)

  /** Whether it is new. */
  function insert({ event: { data, expires, order, test_event_code = '' }, body }: KeptEvent, now: number): boolean {
    const { event, event_id } = data
    if (order && !test_event_code && !statements.takeOrder.run(event, event_id, now).changes) return false
    return statements.insert.run(event, event_id, test_event_code, now, Math.floor(expires), body).changes === 1
  }

  /** One that is set aside was not counted: a copy of the order that can still be sent may come. */
  function releaseOrder(event: SQLOutputValue | undefined, event_id: SQLOutputValue | undefined): void {
    statements.releaseOrder.run(String(event), String(event_id))
  }

  function addTotal(name: 'waiting' | 'sent', count: number): void {
    if (count) statements.addTotal.run(name, count)
  }

  const total = (name: 'waiting' | 'sent'): number => Number(statements.total.get(name)?.count ?? 0)

  return {
    /** Bytes in use, of the file's. */
    used: (): number => Number(statements.used.get()?.bytes),

    /** One that waits already, or an order that was taken within 90 days, is passed over. */
    add(kept: readonly KeptEvent[], now: number): void {
      inTransaction(database, () => addTotal('waiting', kept.filter((one) => insert(one, now)).length))
    },

    /** Resolves once what was added is on the disk. */
    sync: (): Promise<void> => syncFile(log),

    /** The oldest that may be sent now. */
    due(now: number): WaitingEvent[] {
      const batch: WaitingEvent[] = []
      let text = 0
      for (const row of statements.due.iterate(now, now / 1000)) {
        const body = String(row.body)
        if (batch.length && text + body.length > maxBatchText) break
        text += body.length
        batch.push({ id: Number(row.id), attempts: Number(row.attempts), event: JSON.parse(body) })
      }
      return batch
    },

    /** When the next of those that were put off is due, in milliseconds since 1970. */
    nextDue(): number {
      return Number(statements.nextDue.get()?.due ?? Number.POSITIVE_INFINITY)
    },

    /** Sets aside what must not be sent any more, and says how many. */
    setAsideLate(now: number): number {
      return inTransaction(database, () => {
        const late = statements.expired.all(now / 1000)
        for (const { event, event_id, attempts, isOrder } of late) {
          statements.bury.run(String(event), String(event_id), now, Number(attempts), tooLate, null)
          if (isOrder) releaseOrder(event, event_id)
        }
        addTotal('waiting', -late.length)
        return late.length
      })
    },

    settle({ done, dead, putOff, dueAt }: Outcome, now: number): void {
      inTransaction(database, () => {
        for (const { id } of done) statements.remove.run(id)
        for (const { id, attempts, event } of dead) {
          const { problem = 'TikTok did not say why.', ...sound } = event
          statements.remove.run(id)
          statements.bury.run(
            event.data.event,
            event.data.event_id,
            now,
            attempts + 1,
            problem,
            JSON.stringify(sound satisfies OutboxEvent),
          )
          if (event.order && !event.test_event_code) releaseOrder(event.data.event, event.data.event_id)
        }
        for (const event of putOff) statements.putOff.run(dueAt(event), event.id)
        addTotal('waiting', -done.length - dead.length)
        addTotal('sent', done.length)
      })
    },

    *dead(): Generator<DeadLetter> {
      let rows = statements.dead.all(0)
      while (rows.length) {
        const letters = rows.map(toDeadLetter)
        yield* letters
        rows = statements.dead.all(letters.at(-1)?.id ?? 0)
      }
    },

    /** Lets them wait again, and says how many. One that came too late, or that another copy has replaced, stays. */
    requeue(chosen: Chosen, now: number): number {
      return sum(idsOf(chosen), (ids) =>
        inTransaction(database, () => {
          const requeued = ids.filter((id) => {
            const body = statements.deadBody.get(id)?.body
            if (typeof body !== 'string') return false
            const event: OutboxEvent = JSON.parse(body)
            return event.expires > now / 1000 && insert({ event, body }, now) && statements.unbury.run(id).changes
          })
          addTotal('waiting', requeued.length)
          return requeued.length
        }),
      )
    },

    /** Deletes them, and says how many. */
    drop(chosen: Chosen): number {
      return sum(idsOf(chosen), (ids) =>
        inTransaction(database, () => sum(ids, (id) => Number(statements.unbury.run(id).changes))),
      )
    },

    /** Makes room by the oldest dead letters, and says how many went. */
    forgetOldestDead: (): number => Number(statements.forgetOldest.run().changes),

    /** Forgets orders that were taken 90 days ago. */
    pruneOrders(now: number): void {
      statements.pruneOrders.run(now)
    },

    stats(now: number): Omit<Stats, 'stopped'> {
      const oldest = statements.oldest.get()?.added
      const dead = statements.deadByProblem.all().map(({ problem, count }) => [problem, Number(count)])
      return {
        waiting: total('waiting'),
        sent: total('sent'),
        dead: Object.fromEntries(dead),
        oldest: oldest === undefined ? undefined : Math.max(0, Math.round((now - Number(oldest)) / 1000)),
      }
    },

    close() {
      closeSync(log)
      database.close()
    },
  }

  function* idsOf(chosen: Chosen): Generator<readonly number[]> {
    if (chosen !== 'all') {
      yield chosen
      return
    }
    let ids = statements.deadIds.all(0).map(({ id }) => Number(id))
    while (ids.length) {
      yield ids
      ids = statements.deadIds.all(ids.at(-1) ?? 0).map(({ id }) => Number(id))
    }
  }
}

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  return {
    insert: prepare(
      'INSERT OR IGNORE INTO waiting (event, event_id, test, added, expires, body) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    takeOrder: prepare(`INSERT INTO orders (event, event_id, added) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET added = excluded.added WHERE added <= excluded.added - ${orderMemory}`),
    releaseOrder: prepare('DELETE FROM orders WHERE event = ? AND event_id = ?'),
    pruneOrders: prepare(`DELETE FROM orders WHERE added <= ? - ${orderMemory}`),
    due: prepare(`SELECT id, attempts, body FROM waiting WHERE due <= ? AND expires > ? ORDER BY id LIMIT ${maxBatch}`),
    nextDue: prepare('SELECT min(due) AS due FROM waiting WHERE due > 0'),
    expired: prepare(`DELETE FROM waiting WHERE id IN (SELECT id FROM waiting WHERE expires <= ? LIMIT ${chunk})
      RETURNING event, event_id, attempts, body ->> 'order' AS isOrder`),
    remove: prepare('DELETE FROM waiting WHERE id = ?'),
    putOff: prepare('UPDATE waiting SET attempts = attempts + 1, due = ? WHERE id = ?'),
    bury: prepare(
      'INSERT INTO dead_letters (event, event_id, died, attempts, problem, body) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    dead: prepare(`SELECT id, event, event_id, died, attempts, problem, body IS NOT NULL AS canRetry FROM dead_letters
      WHERE id > ? ORDER BY id LIMIT ${chunk}`),
    deadIds: prepare(`SELECT id FROM dead_letters WHERE id > ? ORDER BY id LIMIT ${chunk}`),
    deadBody: prepare('SELECT body FROM dead_letters WHERE id = ?'),
    unbury: prepare('DELETE FROM dead_letters WHERE id = ?'),
    forgetOldest: prepare(
      `DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters ORDER BY id LIMIT ${chunk})`,
    ),
    deadByProblem: prepare(`SELECT problem, count(*) AS count FROM dead_letters GROUP BY problem
      ORDER BY count DESC LIMIT ${problemsShown}`),
    addTotal: prepare(`INSERT INTO totals (name, count) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET count = count + excluded.count`),
    total: prepare('SELECT count FROM totals WHERE name = ?'),
    oldest: prepare('SELECT added FROM waiting ORDER BY id LIMIT 1'),
    used: prepare(`SELECT (page_count - freelist_count) * page_size AS bytes
      FROM pragma_page_count, pragma_freelist_count, pragma_page_size`),
  }
}

/** Whose the file is: the first pixel's that asked. Whichever process delivers sends all that waits to its own. */
function claim(database: DatabaseSync, pixelId: string): string {
  database.prepare('INSERT INTO owner VALUES (1, ?) ON CONFLICT DO NOTHING').run(pixelId)
  return String(database.prepare('SELECT pixel FROM owner').get()?.pixel)
}

function toDeadLetter(row: Record<string, SQLOutputValue>): DeadLetter {
  return {
    id: Number(row.id),
    event: String(row.event),
    event_id: String(row.event_id),
    died: Number(row.died),
    attempts: Number(row.attempts),
    problem: String(row.problem),
    canRetry: row.canRetry === 1,
  }
}

function sum<Element>(elements: Iterable<Element>, count: (element: Element) => number): number {
  let total = 0
  for (const element of elements) total += count(element)
  return total
}
