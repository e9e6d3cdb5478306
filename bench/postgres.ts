// Forwarders on one PostgreSQL: intake beside SQLite and the bare handler, and how fast one and two of them drain a backlog.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createPostgresStore } from '../src/store/postgres/postgres-store.ts'
import { findBinaries, type PostgresServer, startPostgres } from '../test/postgres/postgres-server.ts'
import { runSql } from '../test/postgres/run-sql.ts'
import { temporaryFolder } from './forwarder.ts'
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
      await measureBacklog(postgres, tiktok, options),
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

const startForwarder = (folder: string, database: string, tiktok: EventsApiSink): Promise<Child> =>
  startChild({ kind: 'forwarder', folder, database, eventsApiUrl: tiktok.url, checkout })

async function measureIntake(
  postgres: PostgresServer,
  tiktok: EventsApiSink,
  options: BenchOptions,
): Promise<Report[]> {
  const folder = temporaryFolder()
  const shared = await createDatabase(postgres)
  const single: Record<string, Child> = {
    'bare handler': await startChild({ kind: 'bare', folder }),
    'SQLite, one forwarder': await startForwarder(folder, join(folder, 'converge.db'), tiktok),
    'PostgreSQL, one forwarder': await startForwarder(folder, await createDatabase(postgres), tiktok),
  }
  const pair = [await startForwarder(folder, shared, tiktok), await startForwarder(folder, shared, tiktok)]
  const milliseconds = options.quick ? 500 : 2000
  const rateOf = async (children: readonly Child[], eventsEach: number) => {
    const connections = Math.floor(256 / children.length)
    const loads = children.map(({ port }) => load({ port, eventsEach, milliseconds, connections }))
    const loaded = await Promise.all(loads)
    const latencies = loaded.flatMap((one) => one.latencies)
    return { rate: loaded.reduce((sum, { events }) => sum + events, 0), p50: quantile(latencies, 0.5) }
  }
  try {
    const reports: Report[] = []
    for (const eventsEach of options.quick ? [20] : [1, 20]) {
      const samples = new Map<string, { rate: number; p50: number }[]>()
      const all = Object.entries(single).map(([name, child]) => [name, [child]] as const)
      for (let round = 0; round <= (options.quick ? 1 : 5); round++)
        for (const [name, children] of [...all, ['PostgreSQL, two forwarders', pair] as const]) {
          const sample = await rateOf(children, eventsEach)
          if (round > 0) samples.set(name, [...(samples.get(name) ?? []), sample])
        }
      reports.push(intakeReport(eventsEach, samples))
    }
    return reports
  } finally {
    for (const child of [...Object.values(single), ...pair]) await child.end()
    rmSync(folder, { recursive: true, maxRetries: 5 })
  }
}

function intakeReport(eventsEach: number, samples: ReadonlyMap<string, { rate: number; p50: number }[]>): Report {
  const best = (name: string) =>
    quantile(
      (samples.get(name) ?? []).map(({ rate }) => rate),
      0.75,
    )
  return {
    title: `Intake on PostgreSQL, ${eventsEach} ${eventsEach === 1 ? 'event' : 'events'} a request`,
    about: [
      '256 connections that post one request after the other, to one forwarder or to two; the rate is the better quartile of the rounds.',
      'The database, the forwarders, TikTok and the visitors share one machine.',
    ],
    rows: [...samples].map(([name, taken]) => ({
      name,
      value: best(name),
      unit: 'events/s',
      spread: spreadOf(taken.map(({ rate }) => rate)),
      ratios: { bare: best(name) / best('bare handler'), SQLite: best(name) / best('SQLite, one forwarder') },
      also: { p50: `${typical(taken.map(({ p50 }) => p50)).toFixed(1)} ms` },
    })),
  }
}

/** Puts events into the database, as after a long outage of TikTok. */
async function fill(url: string, count: number): Promise<void> {
  const store = createPostgresStore({ url, pixelId, log: () => {} })
  await store.add(eventsFor(1), { mergeOrders: 0 })
  await store.close()
  await runSql(
    url,
    `INSERT INTO converge.waiting (event, event_id, origin, added, expires, body)
    SELECT event, event_id || '-' || number, origin, added, expires, replace(body, event_id, event_id || '-' || number)
    FROM converge.waiting, generate_series(1, ${count}) AS number`,
  )
}

async function drainRate(
  postgres: PostgresServer,
  tiktok: EventsApiSink,
  { forwarders, events, folder }: { forwarders: number; events: number; folder: string },
): Promise<number> {
  const url = await createDatabase(postgres)
  await fill(url, events)
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
    for (const delay of [0, 300]) {
      tiktok.setDelay(delay)
      const samples = new Map<number, number[]>()
      const events = quick ? 20_000 : delay ? 60_000 : 100_000
      for (let round = 0; round < (quick ? 1 : 3); round++)
        for (const forwarders of [1, 2]) {
          const rate = await drainRate(postgres, tiktok, { forwarders, events, folder })
          samples.set(forwarders, [...(samples.get(forwarders) ?? []), rate])
        }
      const best = (forwarders: number) => quantile(samples.get(forwarders) ?? [], 0.75)
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
  return { title: 'Drain from PostgreSQL', about: ['A backlog is sent. Nothing comes in meanwhile.'], rows }
}

async function measureBacklog(
  postgres: PostgresServer,
  tiktok: EventsApiSink,
  { quick }: BenchOptions,
): Promise<Report> {
  const waiting = quick ? 20_000 : 1_000_000
  const folder = temporaryFolder()
  const url = await createDatabase(postgres)
  await fill(url, waiting)
  const child = await startForwarder(folder, url, tiktok)
  try {
    const calm = { eventsEach: 1, connections: 8, pause: 20, milliseconds: quick ? 1000 : 8000 }
    const [before, started] = [tiktok.taken(), performance.now()]
    const { latencies } = await load({ port: child.port, ...calm })
    const rate = (tiktok.taken() - before) / ((performance.now() - started) / 1000)
    return {
      title: `PostgreSQL with ${waiting.toLocaleString('en-US')} events waiting`,
      about: ['One forwarder. TikTok answers at once; 8 connections post one event every 20 ms meanwhile.'],
      rows: [
        { name: 'drain', value: rate, unit: 'events/s' },
        {
          name: 'longest pause of intake',
          value: Math.max(...latencies),
          unit: 'ms',
          also: { p50: `${quantile(latencies, 0.5).toFixed(1)} ms`, p99: `${quantile(latencies, 0.99).toFixed(1)} ms` },
        },
      ],
    }
  } finally {
    await child.end()
    rmSync(folder, { recursive: true, maxRetries: 5 })
  }
}
