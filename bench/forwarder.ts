// How many events a forwarder on Node accepts, with its outbox on disk, compared with handlers that do less.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type BenchOptions, quantile, type Report, type Row, spreadOf, typical } from './report.ts'
import type { Usage } from './server-child.ts'
import { type Child, load, startChild } from './server-load.ts'
import { createEventsApiSink, type EventsApiSink } from './tiktok.ts'

const ours = fileURLToPath(new URL('../', import.meta.url))

export async function measureForwarder(options: BenchOptions): Promise<Report[]> {
  const tiktok = await createEventsApiSink()
  try {
    return [...(await measureIntake(tiktok, options)), ...(await measureBacklog(tiktok, options))]
  } finally {
    tiktok.close()
  }
}

export const versionsOf = ({ against }: BenchOptions): Record<string, string> => ({
  forwarder: ours,
  ...(against && { 'against: forwarder': against }),
})

/** One round of one server. */
interface Sample {
  /** Events a second. */
  rate: number
  /** Microseconds of processor time for one event. */
  cpu: number
  p50: number
  p99: number
  rss: number
}

/**
 * Garbage collection costs one process twice as much as another one of the same build. So each server is started this many
 * times, and each start is measured in a few rounds.
 */
export const starts = ({ quick }: BenchOptions): number => (quick ? 1 : 3)
export const roundsOfStart = ({ quick }: BenchOptions): number => (quick ? 1 : 2)

interface Round {
  eventsEach: number
  milliseconds: number
}

type Samples = ReadonlyMap<string, Sample[]>

async function measureIntake(tiktok: EventsApiSink, options: BenchOptions): Promise<Report[]> {
  const names = ['bare handler', 'storing handler', ...Object.keys(versionsOf(options))]
  const sizes = options.quick ? [1] : [1, 10, 20]
  const all = sizes.map((eventsEach) => {
    const samples: Samples = new Map(names.map((name) => [name, []]))
    return { eventsEach, samples }
  })
  for (let start = 0; start < starts(options); start++) {
    const folder = temporaryFolder()
    const children = await startServers(tiktok, options, folder)
    try {
      for (const { eventsEach, samples } of all) await addSamples(samples, { children, tiktok }, eventsEach, options)
    } finally {
      for (const child of Object.values(children)) await child.end()
      rmSync(folder, { recursive: true, maxRetries: 5 })
    }
  }
  return all.map(({ eventsEach, samples }) => intakeReport(eventsEach, samples))
}

async function startServers(
  tiktok: EventsApiSink,
  options: BenchOptions,
  folder: string,
): Promise<Record<string, Child>> {
  const children: Record<string, Child> = {
    'bare handler': await startChild({ kind: 'bare', folder }),
    'storing handler': await startChild({ kind: 'storing', folder }),
  }
  for (const [name, checkout] of Object.entries(versionsOf(options)))
    children[name] = await startChild({
      kind: 'forwarder',
      folder: temporaryFolder(folder),
      eventsApiUrl: tiktok.url,
      checkout,
    })
  return children
}

/** The first round of each start is thrown away. */
async function addSamples(
  samples: Samples,
  { children, tiktok }: { children: Readonly<Record<string, Child>>; tiktok: EventsApiSink },
  eventsEach: number,
  options: BenchOptions,
): Promise<void> {
  for (let round = 0; round <= roundsOfStart(options); round++)
    for (const [name, child] of Object.entries(children)) {
      const milliseconds = options.quick ? 500 : round > 0 ? 1500 : 1000
      const sample = await sampleOf(child, tiktok, { eventsEach, milliseconds })
      if (round > 0) samples.get(name)?.push(sample)
    }
}

function intakeReport(eventsEach: number, samples: Samples): Report {
  const [bare = [], storing = []] = [samples.get('bare handler'), samples.get('storing handler')]
  return {
    title: `Forwarder, ${eventsEach} ${eventsEach === 1 ? 'event' : 'events'} a request`,
    about: [
      '256 connections that post one request after the other; the rate is the better quartile of the rounds.',
      'A whole run starts each server three times.',
      'The bare handler parses the JSON and answers. The storing handler also writes each event to SQLite, and answers once it is on disk.',
      'The forwarder also checks, remembers and delivers. p50 and p99 are at full load.',
    ],
    rows: [...samples].map(([name, taken]) => intakeRow(name, taken, bare, storing)),
  }
}

/** The processor time includes the delivery of all events of the round, which goes on for a second or two after it. */
async function sampleOf(child: Child, tiktok: EventsApiSink, round: Round): Promise<Sample> {
  const before = await child.usage()
  const { events: rate, latencies } = await load({ port: child.port, ...round })
  await tiktok.quiet()
  const after = await child.usage()
  return {
    rate,
    cpu: (after.cpu - before.cpu) / (latencies.length * round.eventsEach),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    rss: after.rss,
  }
}

function intakeRow(name: string, samples: readonly Sample[], bare: readonly Sample[], storing: readonly Sample[]): Row {
  const bestRate = (of: readonly Sample[]) =>
    quantile(
      of.map(({ rate }) => rate),
      0.75,
    )
  const typicalOf = (of: readonly Sample[], key: keyof Sample) => typical(of.map((sample) => sample[key]))
  const milliseconds = (key: 'p50' | 'p99') => `${typicalOf(samples, key).toFixed(1)} ms`
  const cpu = typicalOf(samples, 'cpu')
  const cpuRatio = (of: readonly Sample[]) => (cpu / typicalOf(of, 'cpu')).toFixed(2)
  return {
    name,
    value: bestRate(samples),
    unit: 'events/s',
    spread: spreadOf(samples.map(({ rate }) => rate)),
    ratios: { bare: bestRate(samples) / bestRate(bare), storing: bestRate(samples) / bestRate(storing) },
    also: {
      processor: `${cpu.toFixed(1)} µs an event (${cpuRatio(bare)} × bare, ${cpuRatio(storing)} × storing)`,
      p50: milliseconds('p50'),
      p99: milliseconds('p99'),
      memory: megabytes(typicalOf(samples, 'rss')),
    },
  }
}

/** With a million waiting events: how many come in, how fast they are sent, and whether intake pauses meanwhile. */
async function measureBacklog(tiktok: EventsApiSink, options: BenchOptions): Promise<Report[]> {
  const waiting = options.quick ? 20_000 : 1_000_000
  const rows: Row[] = []
  for (const [name, checkout] of Object.entries(versionsOf(options))) {
    const folder = temporaryFolder()
    try {
      const filler = await startChild({ kind: 'fill', folder, checkout, fill: waiting })
      await filler.end()
      tiktok.setDown(true)
      rows.push(...(await measureFull(name, { folder, checkout, tiktok, options })))
      tiktok.setDown(false)
      rows.push(...(await measureDrain(name, { folder, checkout, tiktok, options })))
    } finally {
      rmSync(folder, { recursive: true, maxRetries: 5 })
    }
  }
  return [
    {
      title: `Forwarder with ${waiting.toLocaleString('en-US')} events waiting`,
      about: [
        'Intake: 20 events a request from 256 connections, while TikTok answers 503.',
        'Drain: TikTok answers at once; 8 connections post one event every 20 ms meanwhile. The pause is the longest that any of them waited for its answer.',
      ],
      rows,
    },
  ]
}

interface Backlog {
  folder: string
  checkout: string
  tiktok: EventsApiSink
  options: BenchOptions
}

async function measureFull(name: string, { folder, checkout, tiktok, options }: Backlog): Promise<Row[]> {
  const child = await startChild({ kind: 'forwarder', folder, eventsApiUrl: tiktok.url, checkout })
  try {
    await sampleOf(child, tiktok, { eventsEach: 20, milliseconds: 300 })
    const sample = await sampleOf(child, tiktok, { eventsEach: 20, milliseconds: options.quick ? 500 : 4000 })
    const also = { p99: `${sample.p99.toFixed(1)} ms`, processor: `${sample.cpu.toFixed(1)} µs an event` }
    return [{ name: `${name}, intake`, value: sample.rate, unit: 'events/s', also }]
  } finally {
    await child.end()
  }
}

async function measureDrain(name: string, { folder, checkout, tiktok, options }: Backlog): Promise<Row[]> {
  const calm = { eventsEach: 1, connections: 8, pause: 20, milliseconds: options.quick ? 1000 : 8000 }
  const child = await startChild({ kind: 'forwarder', folder, eventsApiUrl: tiktok.url, checkout })
  try {
    const before = tiktok.taken()
    const started = performance.now()
    const { latencies } = await load({ port: child.port, ...calm })
    const rate = (tiktok.taken() - before) / ((performance.now() - started) / 1000)
    const { rss }: Usage = await child.usage()
    return [
      { name: `${name}, drain`, value: rate, unit: 'events/s', also: { memory: megabytes(rss) } },
      {
        name: `${name}, longest pause of intake`,
        value: Math.max(...latencies),
        unit: 'ms',
        also: { p50: `${quantile(latencies, 0.5).toFixed(1)} ms`, p99: `${quantile(latencies, 0.99).toFixed(1)} ms` },
      },
    ]
  } finally {
    await child.end()
    await pause(0)
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`

export const temporaryFolder = (parent = tmpdir()): string => mkdtempSync(join(parent, 'converge-tiktok-'))
