// Forwarders on one PostgreSQL: intake beside SQLite and the bare handler, and how fast one and two of them drain a backlog.

import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { statusCode } from '../src/store/line-outcome.ts'
import { createPostgresStore } from '../src/store/postgres/postgres-store.ts'
import { findBinaries, type PostgresServer, startPostgres } from '../test/postgres/postgres-server.ts'
import { runSql } from '../test/postgres/run-sql.ts'
import { temporaryFolder } from './forwarder.ts'
import { pauseRow, timeViews } from './log.ts'
import { type BenchOptions, quantile, type Report, type Row, spreadOf, typical } from './report.ts'
import { type Child, load, startChild } from './server-load.ts'
import { eventsFor, pixelId } from './server-requests.ts'
import { createEventsApiSink, type EventsApiSink } from './tiktok.ts'

const checkout = fileURLToPath(new URL('../', import.meta.url))

export async function measurePostgres(options: BenchOptions): Promise<Report[]> {
  const binaries = await findBinaries()
  if (!binaries) {
    console.log(`There is no PostgreSQL for ${process.platform}-${process.arch}, so nothing was measured.`)
    return []
  }
  const tiktok = await createEventsApiSink()
  const postgres = await startPostgres(binaries, ['shared_buffers=256MB', 'max_wal_size=4GB'])
  try {
    return [
      ...(await measureIntake(postgres, tiktok, options)),
      await measureDrain(postgres, tiktok, options),
      ...(await measureBacklog(postgres, tiktok, options)),
    ]
  } finally {
    await postgres.close()
    tiktok.close()
  }
}

let last = 0

async function createDatabase(postgres: PostgresServer): Promise<string> {
  const name = `bench_${++last}`
  await runSql(`${postgres.url}/postgres`, `CREATE DATABASE ${name}`)
  return `${postgres.url}/${name}`
}

type Kind = 'database' | 'plain database'

const startForwarder = (folder: string, database: string, tiktok: EventsApiSink, kind: Kind = 'database') =>
  startChild({ kind, folder: temporaryFolder(folder), database, eventsApiUrl: tiktok.url, checkout })

async function measureIntake(
  postgres: PostgresServer,
  tiktok: EventsApiSink,
  { quick }: BenchOptions,
): Promise<Report[]> {
  const folder = temporaryFolder()
  const shared = await createDatabase(postgres)
  const start = async (kind: Kind) => [await startForwarder(folder, await createDatabase(postgres), tiktok, kind)]
  const subjects: Record<string, Child[]> = {
    'bare handler': [await startChild({ kind: 'bare', folder })],
    'SQLite, one forwarder': [await startForwarder(folder, '', tiktok)],
    'PostgreSQL, one forwarder': await start('database'),
    'PostgreSQL, two forwarders': [
      await startForwarder(folder, shared, tiktok),
      await startForwarder(folder, shared, tiktok),
    ],
    'SQLite, one forwarder without log and profiles': [await startForwarder(folder, '', tiktok, 'plain database')],
    'PostgreSQL, one forwarder without log and profiles': await start('plain database'),
  }
  const milliseconds = quick ? 500 : 1500
  const rateOf = async (children: readonly Child[], eventsEach: number): Promise<Sample> => {
    const connections = Math.floor(256 / children.length)
    const options = { eventsEach, milliseconds, connections, hasVisitors: true }
    const loaded = await Promise.all(children.map(({ port }) => load({ port, ...options })))
    const latencies = loaded.flatMap((one) => one.latencies)
    return { rate: loaded.reduce((sum, { events }) => sum + events, 0), p50: quantile(latencies, 0.5) }
  }
  try {
    const reports: Report[] = []
    for (const eventsEach of quick ? [20] : [1, 20]) {
      const samples = new Map<string, Sample[]>(Object.keys(subjects).map((name) => [name, []]))
      for (let round = 0; round <= (quick ? 1 : 3); round++)
        for (const [name, children] of Object.entries(subjects)) {
          const sample = await rateOf(children, eventsEach)
          if (round > 0) samples.get(name)?.push(sample)
          await tiktok.quiet()
        }
      reports.push(intakeReport(eventsEach, samples))
    }
    return reports
  } finally {
    for (const child of Object.values(subjects).flat()) await child.end()
    rmSync(folder, { recursive: true, maxRetries: 5 })
  }
}

interface Sample {
  /** Events a second. */
  rate: number
  /** Milliseconds. */
  p50: number
}

function intakeReport(eventsEach: number, samples: ReadonlyMap<string, readonly Sample[]>): Report {
  const best = (name: string) =>
    quantile(
      (samples.get(name) ?? []).map(({ rate }) => rate),
      0.75,
    )
  return {
    title: `Intake on PostgreSQL, ${eventsEach} ${eventsEach === 1 ? 'event' : 'events'} a request`,
    about: [
      '256 connections that post one request after the other, to one forwarder or to two; the rate is the better quartile of the rounds.',
      'Event log and profiles are on, except where the name says otherwise. About ten events in a row are of the same visitor.',
      'The database, the forwarders, TikTok and the visitors share one machine.',
    ],
    rows: [...samples].map(([name, taken]) => ({
      name,
      value: best(name),
      unit: 'events/s',
      spread: spreadOf(taken.map(({ rate }) => rate)),
      ratios: {
        bare: best(name) / best('bare handler'),
        'SQLite, one forwarder': best(name) / best('SQLite, one forwarder'),
      },
      also: { p50: `${typical(taken.map(({ p50 }) => p50)).toFixed(1)} ms` },
    })),
  }
}

const FILLED_AT_ONCE = 100_000
const [waitingStatus, successStatus, failureStatus] = (['waiting', 'success', 'failure'] as const).map(statusCode)

/** Creates the tables, with an event to copy. */
async function createTables(url: string): Promise<void> {
  const store = createPostgresStore({ url, pixelId, log: () => {} })
  await store.add(eventsFor(1), { mergeOrders: 0 })
  await store.close()
}

/** Adds copies of the event that waits, as after a long outage of TikTok. The oldest `lines` have a line of the log. */
async function fillWaiting(url: string, count: number, lines = count): Promise<void> {
  for (let first = 1; first <= count; first += FILLED_AT_ONCE) {
    const last = Math.min(count, first + FILLED_AT_ONCE - 1)
    await runSql(
      url,
      `WITH copies AS MATERIALIZED (
        SELECT number, event, event_id || '-' || number AS event_id, origin, added, expires,
          replace(body, event_id, event_id || '-' || number) AS body
        FROM (SELECT * FROM converge.waiting ORDER BY id LIMIT 1) AS template, generate_series(${first}, ${last}) AS number
      ), lines AS (
        INSERT INTO converge.log (time, source, channel, event_name, event, event_id, status, keys, is_order, person)
        SELECT added, 'web', 'page', 'Started Checkout', event, event_id, ${waitingStatus}, 21, false, ARRAY[number, -number]
        FROM copies WHERE number <= ${lines} ORDER BY number RETURNING id, event_id
      ), counted AS (
        INSERT INTO converge.totals AS totals (name, slot, count) VALUES ('waiting', 0, ${last - first + 1})
        ON CONFLICT (name, slot) DO UPDATE SET count = totals.count + excluded.count
      )
      INSERT INTO converge.waiting (event, event_id, origin, added, expires, body, line)
      SELECT event, event_id, origin, added, expires, body, id FROM copies LEFT JOIN lines USING (event_id) ORDER BY number`,
    )
  }
  await runSql(url, 'ANALYZE')
}

/** Adds lines of the last 30 days to the log. */
async function fillLog(url: string, count: number): Promise<void> {
  for (let first = 1; first <= count; first += FILLED_AT_ONCE)
    await runSql(
      url,
      `INSERT INTO converge.log (time, source, channel, event_name, event, event_id, status, keys, is_order, attempts, value,
        currency, person, sent, code, message)
      SELECT time, CASE WHEN number % 5000 = 0 THEN 'erp' ELSE 'web' END, 'page', 'Started Checkout',
        CASE WHEN number % 10000 = 0 THEN 'Subscribe' ELSE 'InitiateCheckout' END, 'line-' || md5(number::text), status, 21,
        false, 1, 94.8, 'EUR', ARRAY[number, -number], CASE WHEN status = ${successStatus} THEN time + 100 + number % 400 END,
        CASE WHEN status = ${successStatus} THEN 0 ELSE 40002 END, 'OK'
      FROM (
        SELECT number, (extract(epoch FROM now()) * 1000 - (${count} - number) * ${30 * 86_400_000}::float8 / ${count})::bigint AS time,
          CASE WHEN number % 100 = 77 THEN ${failureStatus} ELSE ${successStatus} END AS status
        FROM generate_series(${first}::bigint, ${Math.min(count, first + FILLED_AT_ONCE - 1)}) AS number
      ) AS numbers ORDER BY number`,
    )
  await runSql(url, 'ANALYZE')
}

async function drainRate(
  postgres: PostgresServer,
  tiktok: EventsApiSink,
  { forwarders, events, folder }: { forwarders: number; events: number; folder: string },
): Promise<number> {
  const url = await createDatabase(postgres)
  await createTables(url)
  await fillWaiting(url, events)
  const before = tiktok.taken()
  const taken = () => tiktok.taken() - before
  const children = await Promise.all(Array.from({ length: forwarders }, () => startForwarder(folder, url, tiktok)))
  try {
    // From the first tenth on, when all have started.
    while (taken() < events / 10) await pause(5)
    const [start, first] = [performance.now(), taken()]
    while (taken() < events * 0.95) await pause(5)
    return (taken() - first) / ((performance.now() - start) / 1000)
  } finally {
    for (const child of children) await child.end()
    await runSql(`${postgres.url}/postgres`, `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`)
  }
}

async function measureDrain(postgres: PostgresServer, tiktok: EventsApiSink, { quick }: BenchOptions): Promise<Report> {
  const folder = temporaryFolder()
  const rows: Row[] = []
  try {
    for (const delay of [0, 500]) {
      tiktok.setDelay(delay)
      const samples = new Map<number, number[]>()
      const events = quick ? 20_000 : 60_000
      for (let round = 0; round < (quick ? 1 : 2); round++)
        for (const forwarders of [1, 2]) {
          const rate = await drainRate(postgres, tiktok, { forwarders, events, folder })
          samples.set(forwarders, [...(samples.get(forwarders) ?? []), rate])
        }
      const best = (forwarders: number) => Math.max(...(samples.get(forwarders) ?? []))
      for (const [forwarders, rates] of samples)
        rows.push({
          name: `${forwarders === 1 ? 'one forwarder' : 'two forwarders'}, TikTok answers after ${delay} ms`,
          value: best(forwarders),
          unit: 'events/s',
          spread: spreadOf(rates),
          ratios: { one: best(forwarders) / best(1) },
        })
    }
  } finally {
    tiktok.setDelay(0)
    rmSync(folder, { recursive: true, maxRetries: 5 })
  }
  return {
    title: 'Drain from PostgreSQL',
    about: [
      'A backlog of 60,000 events is sent, and their lines of the log are changed. Nothing comes in meanwhile.',
      'The rate is the better one of two rounds.',
    ],
    rows,
  }
}

async function measureBacklog(
  postgres: PostgresServer,
  tiktok: EventsApiSink,
  { quick }: BenchOptions,
): Promise<Report[]> {
  const many = quick ? 20_000 : 1_000_000
  const folder = temporaryFolder()
  const url = await createDatabase(postgres)
  await createTables(url)
  await fillLog(url, many)
  const child = await startForwarder(folder, url, tiktok)
  try {
    const views = await timeViews(child, many, quick ? 3 : 10)
    await fillWaiting(url, many, many / 10)
    await runSql(url, 'CHECKPOINT')
    const calm = { eventsEach: 1, connections: 8, pause: 20, milliseconds: quick ? 1000 : 8000 }
    const [before, started] = [tiktok.taken(), performance.now()]
    const { latencies } = await load({ port: child.port, ...calm })
    const rate = (tiktok.taken() - before) / ((performance.now() - started) / 1000)
    const text = many.toLocaleString('en-US')
    const backlog: Report = {
      title: `PostgreSQL with ${text} events waiting`,
      about: [
        `One forwarder with event log and profiles. Its log has ${text} lines of 30 days.`,
        'The waiting events were added by INSERT … SELECT, and the oldest tenth of them has lines in the log.',
        'TikTok answers at once; 8 connections post one event every 20 ms meanwhile.',
      ],
      rows: [{ name: 'drain', value: rate, unit: 'events/s' }, pauseRow('longest pause of intake', latencies)],
    }
    const { title, ...rest } = views
    return [{ title: `PostgreSQL: ${title.replace('The', 'the')}`, ...rest }, backlog]
  } finally {
    await child.end()
    rmSync(folder, { recursive: true, maxRetries: 5 })
  }
}
