// The event log: what it costs the intake, and how long the operator's views take with a million lines.

import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { AdminEvents } from '../src/server/admin/admin-api.ts'
import { starts, temporaryFolder } from './forwarder.ts'
import { type BenchOptions, quantile, type Report, type Row, spreadOf } from './report.ts'
import { type Child, load, startChild } from './server-load.ts'
import { adminToken } from './server-requests.ts'
import { createEventsApiSink, type EventsApiSink } from './tiktok.ts'

export async function measureLog(options: BenchOptions): Promise<Report[]> {
  const tiktok = await createEventsApiSink()
  try {
    return [...(await measureCost(tiktok, options)), await measureViews(tiktok.url, options)]
  } finally {
    tiktok.close()
  }
}

const kinds = { 'without log and profiles': 'plain database', 'with log and profiles': 'database' } as const

/** The same forwarder and database, with and without log and profiles. */
async function measureCost(tiktok: EventsApiSink, options: BenchOptions): Promise<Report[]> {
  const sizes = options.quick ? [1] : [1, 20]
  const all = sizes.map((eventsEach) => {
    const rates = new Map<string, number[]>(Object.keys(kinds).map((name) => [name, []]))
    return { eventsEach, rates }
  })
  for (let start = 0; start < starts(options); start++) {
    const folder = temporaryFolder()
    const children: Record<string, Child> = {}
    try {
      for (const [name, kind] of Object.entries(kinds))
        children[name] = await startChild({
          kind,
          folder: temporaryFolder(folder),
          eventsApiUrl: tiktok.url,
          checkout: ours,
        })
      for (const { eventsEach, rates } of all) await addRates(rates, { children, tiktok }, eventsEach, options)
    } finally {
      for (const child of Object.values(children)) await child.end()
      rmSync(folder, { recursive: true, maxRetries: 5 })
    }
  }
  return all.map(({ eventsEach, rates }) => costReport(eventsEach, rates))
}

// A virtual machine may be a third slower in one minute than in the next. So there are many rounds, and each compares both.
const roundsOfStart = ({ quick }: BenchOptions): number => (quick ? 1 : 5)

/** The first round of each start is thrown away. */
async function addRates(
  rates: ReadonlyMap<string, number[]>,
  { children, tiktok }: { children: Readonly<Record<string, Child>>; tiktok: EventsApiSink },
  eventsEach: number,
  options: BenchOptions,
): Promise<void> {
  for (let round = 0; round <= roundsOfStart(options); round++)
    for (const [name, { port }] of Object.entries(children)) {
      const milliseconds = options.quick ? 500 : round > 0 ? 1500 : 1000
      const { events } = await load({ port, eventsEach, hasVisitors: true, milliseconds })
      if (round > 0) rates.get(name)?.push(events)
      await tiktok.quiet()
    }
}

function costReport(eventsEach: number, rates: ReadonlyMap<string, number[]>): Report {
  const without = rates.get('without log and profiles') ?? []
  return {
    title: `Event log and profiles, ${eventsEach} ${eventsEach === 1 ? 'event' : 'events'} a request`,
    about: [
      'A forwarder with a database, from 256 connections. Each round measures both, one after the other.',
      'The rate is the median of the rounds, and the ratio the median of their ratios. A whole run starts each server three times.',
      'About ten events in a row are of the same visitor.',
    ],
    rows: [...rates].map(([name, samples]): Row => {
      const ratios = samples.map((rate, round) => rate / (without[round] ?? Number.NaN))
      const spread = spreadOf(samples)
      return {
        name,
        value: quantile(samples, 0.5),
        unit: 'events/s',
        spread,
        ratios: { 'without them': quantile(ratios, 0.5) },
      }
    }),
  }
}

const aDay = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10)

const views: Record<string, string> = {
  'Today, with 30 days': 'summary',
  'the newest events': 'events',
  'an ID that no line has': 'events?q=waiting-',
  'a day': `events?day=${aDay}`,
  'a status that is rare': 'events?status=failure',
  'an event that is rare': 'events?event=Subscribe',
  'a filter that matches nothing': 'events?status=no_consent&event=Purchase',
  'a source': 'events?source=erp',
  'an event of a source on a day, by its status': `events?status=success&event=Subscribe&source=erp&day=${aDay}`,
  'the last page': 'events?before=100000',
  'dead letters': 'dead-letters',
}

async function measureViews(eventsApiUrl: string, { quick }: BenchOptions): Promise<Report> {
  const lines = quick ? 20_000 : 1_000_000
  const folder = temporaryFolder()
  try {
    const filler = await startChild({ kind: 'fill log', folder, checkout: ours, fill: lines })
    await filler.end()
    const child = await startChild({ kind: 'database', folder, eventsApiUrl, checkout: ours })
    try {
      return await timeViews(child, lines, quick ? 3 : 15)
    } finally {
      await child.end()
    }
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 5 })
  }
}

/** Times the views of a forwarder whose log has so many lines. */
export async function timeViews({ port }: Child, lines: number, rounds: number): Promise<Report> {
  const request = await signIn(port)
  const newest: AdminEvents = await (await request(`events?before=${lines / 2}&limit=1`)).json()
  const all = Object.entries({ ...views, 'one event, by its ID': `events?q=${newest.lines[0]?.event_id}` })
  const times = new Map<string, number[]>(all.map(([name]) => [name, []]))
  const readViews = async () => {
    for (let round = 0; round < rounds; round++)
      for (const [name, path] of all) {
        const started = performance.now()
        await (await request(path)).text()
        if (round > 0) times.get(name)?.push(performance.now() - started)
      }
  }
  const before = await latenciesDuring(port, pause(3000))
  const during = await latenciesDuring(port, readViews())
  const started = performance.now()
  const whileExporting = await latenciesDuring(port, request('events.csv').then(readToEnd))
  const exporting = performance.now() - started
  const after = await latenciesDuring(port, pause(3000))
  const rows = [...times].map(
    ([name, samples]): Row => ({
      name,
      value: quantile(samples, 0.5),
      unit: 'ms',
      also: { longest: `${Math.max(...samples).toFixed(1)} ms` },
    }),
  )
  return {
    title: `The operator's views with ${lines.toLocaleString('en-US')} lines in the log`,
    about: [
      'The time of a request, over HTTP, while 8 connections post an event every 20 ms. The first round is left out.',
      `The whole log as CSV took ${(exporting / 1000).toFixed(1)} s.`,
    ],
    rows: [
      ...rows,
      pauseRow('longest pause of intake without a view', [...before, ...after]),
      pauseRow('longest pause of intake during the views', during),
      pauseRow('longest pause of intake during the CSV', whileExporting),
    ],
  }
}

/** Posts events until some work is done, and returns how long each request took. */
async function latenciesDuring(port: number, work: Promise<unknown>): Promise<number[]> {
  let isOver = false
  const ending = work.finally(() => {
    isOver = true
  })
  const latencies: number[] = []
  while (!isOver) {
    const { latencies: more } = await load({ port, eventsEach: 1, connections: 8, pause: 20, milliseconds: 500 })
    for (const latency of more) latencies.push(latency)
  }
  await ending
  return latencies
}

export const pauseRow = (name: string, samples: readonly number[]): Row => ({
  name,
  value: Math.max(...samples),
  unit: 'ms',
  also: { p50: `${quantile(samples, 0.5).toFixed(1)} ms`, p99: `${quantile(samples, 0.99).toFixed(1)} ms` },
})

/** Returns a function that requests a path of the API. */
async function signIn(port: number): Promise<(path: string) => Promise<Response>> {
  const api = `http://127.0.0.1:${port}/admin/api`
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const body = JSON.stringify({ token: adminToken })
  const answer = await fetch(`${api}/sign-in`, { method: 'POST', headers, body })
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return async (path) => {
    const found = await fetch(`${api}/${path}`, { headers: { cookie } })
    if (found.status !== 200) throw new Error(`${path} was answered ${found.status}`)
    return found
  }
}

/** Discards the text. 200 MB of it would delay this process, which also measures the intake. */
async function readToEnd({ body }: Response): Promise<void> {
  await body?.pipeTo(new WritableStream())
}

const ours = new URL('../', import.meta.url).pathname
