// What stays in memory: of a page after 100,000 events, of a forwarder after ten minutes without TikTok.

import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { driverOf, type Page } from '../test/browser/browsers.ts'
import { openTracking, type Stage, type Tracking, withBrowser } from './browser.ts'
import { temporaryFolder, versionsOf } from './forwarder.ts'
import { pixelId } from './pixel.ts'
import type { BenchOptions, Report, Row } from './report.ts'
import { load, startChild } from './server-load.ts'
import { createEventsApiSink } from './tiktok.ts'
import { installTasks, type Work } from './track-page.ts'

const ours = fileURLToPath(new URL('../', import.meta.url))

export async function measureMemory(options: BenchOptions): Promise<Report[]> {
  return [await withBrowser((stage) => measurePage(stage, options)), await measureOutage(options)]
}

async function measurePage(stage: Stage, { quick, against }: BenchOptions): Promise<Report> {
  const events = quick ? 2000 : 100_000
  const rows: Row[] = []
  for (const [version, folder] of Object.entries({ ours, ...(against && { against }) }))
    for (const pixel of ['live', 'blocked'] as const)
      for (const work of ['Started Checkout', 'Placed Order'] as const)
        rows.push({
          name: `${version === 'ours' ? '' : `${version}: `}${work}, pixel ${pixel}`,
          value: (await growth(stage, { folder, pixel }, work, events)) / 1e6,
          unit: 'MB',
        })
  return {
    title: `Memory of a page after ${events.toLocaleString('en-US')} events`,
    about: [
      'How much larger the JavaScript heap is, after a collection, than after the first 1,000 events.',
      'Each event has an event_id of its own. The queue of the pixel and the entries in localStorage are emptied in between.',
    ],
    rows,
  }
}

/** Bytes. */
async function growth(stage: Stage, tracking: Tracking, work: Work, events: number): Promise<number> {
  const page = await openTracking(stage, tracking)
  await page.evaluate(installTasks, pixelId)
  await trackMany(page, work, 1000)
  const before = await heapOf(page)
  await trackMany(page, work, events)
  const after = await heapOf(page)
  await page.close()
  return after - before
}

async function trackMany(page: Page, work: Work, events: number): Promise<void> {
  const calls = 200
  const one = async () => void (await page.evaluate((task) => window.runTask?.(task), { work, items: 3, calls }))
  for (let tracked = 0; tracked < events; tracked += calls) await one()
}

async function heapOf(page: Page): Promise<number> {
  const session = await driverOf(page).createCDPSession()
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}

/** TikTok answers 503 to everything. Ten minutes of a busy shop are posted as fast as they are accepted. */
async function measureOutage(options: BenchOptions): Promise<Report> {
  const [perSecond, seconds] = [100, options.quick ? 60 : 600]
  const events = perSecond * seconds
  const tiktok = await createEventsApiSink()
  tiktok.setDown(true)
  const rows: Row[] = []
  try {
    for (const [name, checkout] of Object.entries(versionsOf(options))) {
      const folder = temporaryFolder()
      const child = await startChild({ kind: 'forwarder', folder, eventsApiUrl: tiktok.url, checkout })
      try {
        await load({ port: child.port, eventsEach: 1, milliseconds: 300 })
        const before = await child.usage('heap')
        await load({ port: child.port, eventsEach: 1, milliseconds: 120_000, events })
        const after = await child.usage('heap')
        const file = statSync(join(folder, 'outbox.db')).size + statSync(join(folder, 'outbox.db-wal')).size
        rows.push({
          name,
          value: (after.heap - before.heap) / 1e6,
          unit: 'MB',
          also: {
            'resident before': `${Math.round(before.rss / 1e6)} MB`,
            after: `${Math.round(after.rss / 1e6)} MB`,
            'on disk': `${Math.round(file / 1e6)} MB`,
          },
        })
      } finally {
        await child.end()
        rmSync(folder, { recursive: true, maxRetries: 5 })
      }
    }
  } finally {
    tiktok.close()
  }
  return {
    title: `Memory of a forwarder after ${seconds / 60} minutes without TikTok`,
    about: [
      `${events.toLocaleString('en-US')} events, as ${perSecond} a second for ${seconds} seconds. They are posted faster than that: as fast as they are accepted.`,
      'How much larger its heap is, after a collection, than before.',
    ],
    rows,
  }
}
