// The event log: what it costs the intake, and how long the operator's views take with a million lines.

import { rmSync } from 'node:fs'
import { temporaryFolder } from './forwarder.ts'
import { type BenchOptions, quantile, type Report, type Row, spreadOf } from './report.ts'
import { type Child, load, startChild } from './server-load.ts'
import { adminToken } from './server-requests.ts'
import { createEventsApiSink } from './tiktok.ts'

export async function measureLog(options: BenchOptions): Promise<Report[]> {
  const tiktok = await createEventsApiSink()
  try {
    return [...(await measureCost(tiktok.url, options)), await measureViews(tiktok.url, options)]
  } finally {
    tiktok.close()
  }
}

/** The same forwarder and database, with and without log and profiles. */
async function measureCost(eventsApiUrl: string, { quick }: BenchOptions): Promise<Report[]> {
  const folder = temporaryFolder()
  const start = (kind: 'database' | 'plain database') =>
    startChild({ kind, folder: temporaryFolder(folder), eventsApiUrl, checkout: ours })
  const children: Record<string, Child> = {
    'without log and profiles': await start('plain database'),
    'with log and profiles': await start('database'),
  }
  try {
    const reports: Report[] = []
    for (const eventsEach of quick ? [1] : [1, 20]) {
      const rates = new Map<string, number[]>(Object.keys(children).map((name) => [name, []]))
      for (let round = 0; round <= (quick ? 1 : 7); round++)
        for (const [name, { port }] of Object.entries(children)) {
          const { events } = await load({ port, eventsEach, hasVisitors: true, milliseconds: quick ? 500 : 1500 })
          if (round > 0) rates.get(name)?.push(events)
        }
      reports.push(costReport(eventsEach, rates))
    }
    return reports
  } finally {
    for (const child of Object.values(children)) await child.end()
    rmSync(folder, { recursive: true, maxRetries: 5 })
  }
}

function costReport(eventsEach: number, rates: ReadonlyMap<string, number[]>): Report {
  const best = (name: string) => quantile(rates.get(name) ?? [], 0.75)
  const without = best('without log and profiles')
  return {
    title: `Event log and profiles, ${eventsEach} ${eventsEach === 1 ? 'event' : 'events'} a request`,
    about: [
      'A forwarder with a database, from 256 connections. The rate is the better quartile of the rounds.',
      'About ten events in a row are of the same visitor.',
    ],
    rows: [...rates].map(([name, samples]): Row => {
      const value = best(name)
      return { name, value, unit: 'events/s', spread: spreadOf(samples), ratios: { 'without them': value / without } }
    }),
  }
}

const views: Record<string, string> = {
  'Today, with 30 days': 'summary',
  'the newest events': 'events',
  'one order': 'events?q=waiting-',
  'a day': `events?day=${new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10)}`,
  'a status that is rare': 'events?status=failure',
  'an event that is rare': 'events?event=Subscribe',
  'a filter that nothing fits': 'events?status=no_consent&event=Purchase',
  'a source': 'events?source=erp',
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

async function timeViews({ port }: Child, lines: number, rounds: number): Promise<Report> {
  const read = await signIn(port)
  const times = new Map<string, number[]>(Object.keys(views).map((name) => [name, []]))
  const calm = { port, eventsEach: 1, connections: 8, pause: 20 }
  const intake = load({ ...calm, milliseconds: 500 + rounds * Object.keys(views).length * 20 })
  for (let round = 0; round < rounds; round++)
    for (const [name, path] of Object.entries(views)) {
      const started = performance.now()
      await read(path)
      if (round > 0) times.get(name)?.push(performance.now() - started)
    }
  const csv = performance.now()
  const exporting = read('events.csv').then(() => performance.now() - csv)
  const { latencies } = await intake
  const during = await load({ ...calm, milliseconds: 2000 })
  const rows = [...times].map(
    ([name, samples]): Row => ({
      name,
      value: quantile(samples, 0.5),
      unit: 'ms',
      also: { longest: `${Math.max(...samples).toFixed(1)} ms` },
    }),
  )
  const pause = (name: string, samples: readonly number[]): Row => ({
    name,
    value: Math.max(...samples),
    unit: 'ms',
    also: { p50: `${quantile(samples, 0.5).toFixed(1)} ms`, p99: `${quantile(samples, 0.99).toFixed(1)} ms` },
  })
  return {
    title: `The operator's views with ${lines.toLocaleString('en-US')} lines in the log`,
    about: [
      'The time of a request, over HTTP, while 8 connections post an event every 20 ms. The first round is left out.',
      `The whole log as CSV took ${((await exporting) / 1000).toFixed(1)} s.`,
    ],
    rows: [
      ...rows,
      pause('longest pause of intake during the views', latencies),
      pause('longest pause of intake during the CSV', during.latencies),
    ],
  }
}

/** Returns a function that reads a path of the API. */
async function signIn(port: number): Promise<(path: string) => Promise<string>> {
  const api = `http://127.0.0.1:${port}/admin/api`
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const body = JSON.stringify({ token: adminToken })
  const answer = await fetch(`${api}/sign-in`, { method: 'POST', headers, body })
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return async (path) => {
    const { status, ...rest } = await textOf(`${api}/${path}`, cookie)
    if (status !== 200) throw new Error(`${path} was answered ${status}`)
    return rest.text
  }
}

async function textOf(url: string, cookie: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(url, { headers: { cookie } })
  return { status: answer.status, text: await answer.text() }
}

const ours = new URL('../', import.meta.url).pathname
