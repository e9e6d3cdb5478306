// Random sequences of what can happen to events, against a model of the status of each line.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogStatus } from '../../src/store/event-log.ts'
import { writeKept } from '../../src/store/kept-event.ts'
import { createLogReader } from '../../src/store/sqlite/log-reader.ts'
import { openTables, type Tables } from '../../src/store/sqlite/outbox-tables.ts'
import type { Settled } from '../../src/store/waiting-event.ts'
import { logged, partOf } from './log-contract.ts'
import { createFolderInMemory } from './node-folder.ts'
import { pixelId } from './node-requests.ts'

const minute = 60_000
const window = 60 // seconds
const outcomes = { done: 'success', dead: 'failure', putOff: 'retry' } as const satisfies Record<string, LogStatus>

const step = fc.oneof(
  fc.record({
    does: fc.constant('add' as const),
    // Few IDs, so that some events are there already. One looks like an email address.
    ids: fc.array(fc.constantFrom('1', '2', '3', '4', 'jane@example.com'), { minLength: 1, maxLength: 4 }),
    isLogged: fc.boolean(),
    isUndecided: fc.boolean(),
  }),
  fc.record({
    does: fc.constant('settle' as const),
    outcomes: fc.array(fc.option(fc.constantFrom('done', 'dead', 'putOff')), { minLength: 1 }),
  }),
  fc.record({ does: fc.constantFrom('fail', 'requeue', 'release', 'expire', 'erase', 'roll back', 'open again') }),
)

test('each line has the status of its event, and each status is counted', () => {
  const path = join(createFolderInMemory(), 'converge.db')
  let tables: Tables = openTables(path, pixelId)
  const database = new DatabaseSync(path, { readOnly: true })
  const reader = createLogReader(database)
  const isInBoth = database.prepare('SELECT 1 FROM log JOIN waiting ON line = log.id AND waiting.kind IS NOT NULL')
  const model = new Map<number, LogStatus>()
  let now = Date.parse('2026-03-01T12:00:00Z')

  const newest = () => reader.lines({ limit: 1 })[0]?.id ?? 0
  const due = () => tables.due(now, minute, () => false)
  const set = ({ line }: { line?: number | undefined }, status: LogStatus) => void (line && model.set(line, status))

  function add(ids: readonly string[], isLogged: boolean, isUndecided: boolean): void {
    const source = isUndecided ? 'signed' : 'page'
    const events = ids.map((id) => logged(id, { source, expires: now / 1000 + 600 }))
    const kept = events.map((event) => ({ event, body: writeKept(event), eventName: 'Placed Order' }))
    const consent = isUndecided ? 'require' : 'always'
    const before = newest()
    const log = isLogged ? partOf(ids.length) : undefined
    const [results = []] = tables.add([{ kept, mergeOrders: window, consent, extras: log && { log } }], now)
    const added = reader.lines({ after: before }).map(({ id }) => id)
    expect(added).toHaveLength(isLogged ? ids.length : 0)
    for (const [index, line] of added.reverse().entries())
      model.set(line, results[index] === 'already_sent' ? 'skipped' : 'waiting')
  }

  function settle(chosen: readonly (keyof typeof outcomes | null)[]): void {
    const settled = due().flatMap(({ event: _, ...row }, index): Settled[] => {
      const outcome = chosen[index % chosen.length]
      if (!outcome) return []
      set(row, outcomes[outcome])
      return [{ ...row, outcome, problem: 'refused', due: now + minute / 2 }]
    })
    tables.settle(settled, now)
  }

  const others = {
    fail() {
      const tried = due()
      for (const { event } of tried) event.problem = 'TikTok could not be reached'
      tables.logTries(tried, now)
      for (const row of tried) set(row, 'retry')
    },
    requeue() {
      const before = letters()
      tables.requeue([...before.keys()], now)
      const left = letters()
      for (const [id, line] of before) if (!left.has(id)) set({ line }, 'waiting')
    },
    release() {
      now += window * 1000
      const held = rowsOf('waiting WHERE held = 1')
      while (tables.release(now, minute, { consent: 'require' }));
      for (const line of held.values()) set({ line }, 'no_consent')
    },
    expire() {
      now += 20 * minute
      const late = rowsOf('waiting')
      while (tables.setAsideLate(now, () => false));
      for (const line of late.values()) set({ line }, 'failure')
    },
    // The line of an erased event stays as it is, unless it is a line of the person.
    erase: () => void tables.removeWaiting(due().map(({ id }) => id)),
    'roll back'() {
      const { exec } = DatabaseSync.prototype
      DatabaseSync.prototype.exec = function (sql) {
        if (sql === 'COMMIT') throw new Error('disk I/O error')
        exec.call(this, sql)
      }
      try {
        expect(() => add(['5'], true, false)).toThrow('disk I/O error')
      } finally {
        DatabaseSync.prototype.exec = exec
      }
    },
    'open again'() {
      tables.close()
      tables = openTables(path, pixelId)
    },
  }

  const rowsOf = (table: string) =>
    new Map(
      database
        .prepare(`SELECT id, line FROM ${table}`)
        .all()
        .map(({ id, line }) => [Number(id), line === null ? undefined : Number(line)]),
    )
  const letters = () => rowsOf('dead_letters')

  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      for (const one of steps) {
        if (one.does === 'add') add(one.ids, one.isLogged, one.isUndecided)
        else if (one.does === 'settle') settle(one.outcomes)
        else others[one.does]()
        expect(isInBoth.get()).toBeUndefined()
        const lines = reader.lines({ limit: 1000 })
        const wanted = [...model].sort(([one], [other]) => other - one).slice(0, 1000)
        expect(lines.map(({ id, status }) => [id, status])).toEqual(wanted)
      }
      const counts = new Map<LogStatus, number>()
      for (const status of model.values()) counts.set(status, (counts.get(status) ?? 0) + 1)
      const summed = new Map<LogStatus, number>()
      for (const { counts } of reader.summary(0, 0).hours)
        for (const { status, count } of counts) summed.set(status, (summed.get(status) ?? 0) + count)
      expect(Object.fromEntries(summed)).toEqual(Object.fromEntries(counts))
    }),
    { numRuns: Number(process.env.LOG_SEQUENCES ?? 200), endOnFailure: true },
  )
  database.close()
  tables.close()
}, 1_200_000)
