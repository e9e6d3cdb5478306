// How long track() takes in Chromium, compared with code that a shop would write by hand.

import { fileURLToPath } from 'node:url'
import { driverOf, type Page } from '../test/browser/browsers.ts'
import { openTracking, relayUrl, type Stage, type Tracking, withBrowser } from './browser.ts'
import { pixelId } from './pixel.ts'
import { type BenchOptions, interleave, type Report, type Row, timeRow } from './report.ts'
import { installTasks, type Task, type Work } from './track-page.ts'

const ours = fileURLToPath(new URL('../', import.meta.url))

/** One subject: a task in a page. */
interface Subject {
  page: Page
  task: Task
  /** Whether each call must write an entry to localStorage. */
  isKept?: boolean
}

export function measureTrack(options: BenchOptions): Promise<Report[]> {
  return withBrowser(async (stage) => [
    await measureItems(stage, options),
    await measureStates(stage, options),
    await measureFilters(stage, options),
    await measureCold(stage, options),
  ])
}

const versionsOf = ({ against }: BenchOptions): Record<string, string> => ({ ours, ...(against && { against }) })

const events = ['Started Checkout', 'Placed Order'] as const satisfies Work[]
const floorOf = { 'Started Checkout': 'push by hand', 'Placed Order': 'push and setItem by hand' } as const

async function measureItems(stage: Stage, options: BenchOptions): Promise<Report> {
  const subjects: Record<string, Subject> = {}
  const pages = await openVersions(stage, options, { pixel: 'live' })
  const anyPage = pages.ours
  if (!anyPage) throw new Error('No page was opened.')
  const sizes = options.quick ? [3] : [1, 3, 30, 300]
  subjects.setItem = { page: anyPage, task: { work: 'setItem', items: 1, calls: 200 } }
  for (const items of sizes)
    for (const work of events) {
      const floor = floorOf[work]
      subjects[`${floor}, ${items}`] = { page: anyPage, task: { work: floor, items, calls: callsOf(floor, items) } }
      for (const [version, page] of Object.entries(pages))
        subjects[`${version}: ${work}, ${items}`] = {
          page,
          task: { work, items, calls: callsOf(work, items) },
          isKept: work === 'Placed Order',
        }
    }
  const samples = await runTasks(subjects, options)
  await closeAll(pages)
  const rows: Row[] = [timeRow('localStorage.setItem alone', 'µs', samples.get('setItem') ?? [])]
  for (const work of events)
    for (const items of sizes) {
      const byHand = samples.get(`${floorOf[work]}, ${items}`) ?? []
      rows.push(timeRow(`${floorOf[work]}, ${items} items`, 'µs', byHand))
      rows.push(
        timeRow(`${work}, ${items} items`, 'µs', samples.get(`ours: ${work}, ${items}`) ?? [], {
          'by hand': byHand,
          ...(work === 'Placed Order' && { setItem: samples.get('setItem') }),
          against: samples.get(`against: ${work}, ${items}`),
        }),
      )
    }
  return {
    title: 'track()',
    about: [
      'The engine is warm, the pixel is live and only counts its calls.',
      'By hand: the parameters are built and pushed into an array.',
      'Each Placed Order has an id of its own, and its entry is written to localStorage.',
    ],
    rows,
  }
}

async function measureStates(stage: Stage, options: BenchOptions): Promise<Report> {
  const states = {
    'pixel live': { pixel: 'live' },
    'pixel waiting': { pixel: 'waiting' },
    'pixel blocked': { pixel: 'blocked' },
    'pixel live, with relay': { pixel: 'live', config: { relay: relayUrl } },
  } satisfies Record<string, Omit<Tracking, 'folder'>>
  const rows: Row[] = []
  // Few calls each, because browsers limit how much a page posts at a time.
  for (const [name, tracking] of Object.entries(states)) {
    const pages = await openVersions(stage, options, tracking)
    rows.push(...(await measureEvents(name, pages, options, 50)))
    await closeAll(pages)
  }
  return {
    title: 'track() by the state of the pixel',
    about: [
      'Events of 3 items. A waiting pixel queues each call. A blocked one gets none, and no order is marked as sent.',
      'With relay: the post in the same task is included, the later work of the browser is not.',
    ],
    rows,
  }
}

const condition = { operator: 'equal', property: 'currency', value: 'EUR' }

async function measureFilters(stage: Stage, options: BenchOptions): Promise<Report> {
  const rows: Row[] = []
  const counts = options.quick ? [10] : [10, 1000]
  const filtersFor = (event: string, count: number) =>
    Array.from({ length: count }, () => ({ event, any: [condition] }))
  const configs: Record<string, readonly unknown[]> = { 'no filters': [] }
  for (const count of counts) {
    configs[`${count} filters for other events`] = filtersFor('Viewed Product', count)
    configs[`${count} filters for this event`] = filtersFor('Started Checkout', count)
  }
  const subjects: Record<string, Subject> = {}
  const pages: Record<string, Page> = {}
  for (const [name, filters] of Object.entries(configs))
    for (const [version, page] of Object.entries(
      await openVersions(stage, options, { pixel: 'live', config: { filters } }),
    )) {
      pages[`${version}: ${name}`] = page
      subjects[`${version}: ${name}`] = { page, task: { work: 'Started Checkout', items: 3, calls: 300 } }
    }
  const samples = await runTasks(subjects, options)
  await closeAll(pages)
  for (const name of Object.keys(configs))
    rows.push(
      timeRow(name, 'µs', samples.get(`ours: ${name}`) ?? [], {
        'no filters': samples.get('ours: no filters'),
        against: samples.get(`against: ${name}`),
      }),
    )
  return {
    title: 'track() with filters',
    about: ['Started Checkout of 3 items, pixel live. Each filter has one condition, and every condition holds.'],
    rows,
  }
}

async function measureCold(stage: Stage, options: BenchOptions): Promise<Report> {
  const first = async (folder: string, work: Work) => {
    const page = await openTracking(stage, { folder, pixel: 'live' })
    await page.evaluate(installTasks, pixelId)
    const microseconds = await run({ page, task: { work, items: 3, calls: 1 } })
    await page.close()
    return microseconds
  }
  const subjects: Record<string, () => Promise<number>> = { 'push by hand': () => first(ours, 'push by hand') }
  for (const [version, folder] of Object.entries(versionsOf(options)))
    for (const work of events) subjects[`${version}: ${work}`] = () => first(folder, work)
  const samples = await interleave(subjects, options.quick ? 2 : 12)
  const byHand = samples.get('push by hand') ?? []
  return {
    title: 'track() in a cold engine',
    about: ['The first call in a fresh page, of 3 items. It also compiles most functions.'],
    rows: [
      timeRow('push by hand', 'µs', byHand),
      ...events.map((work) =>
        timeRow(`${work}, the first call`, 'µs', samples.get(`ours: ${work}`) ?? [], {
          'by hand': byHand,
          against: samples.get(`against: ${work}`),
        }),
      ),
    ],
  }
}

async function measureEvents(
  name: string,
  pages: Record<string, Page>,
  options: BenchOptions,
  calls: number,
): Promise<Row[]> {
  const subjects: Record<string, Subject> = {}
  for (const [version, page] of Object.entries(pages))
    for (const work of events) subjects[`${version}: ${work}`] = { page, task: { work, items: 3, calls } }
  const samples = await runTasks(subjects, options)
  return events.map((work) =>
    timeRow(`${work}, ${name}`, 'µs', samples.get(`ours: ${work}`) ?? [], {
      against: samples.get(`against: ${work}`),
    }),
  )
}

/** A page for each version that is measured. */
async function openVersions(
  stage: Stage,
  options: BenchOptions,
  tracking: Omit<Tracking, 'folder'>,
): Promise<Record<string, Page>> {
  const pages: Record<string, Page> = {}
  for (const [version, folder] of Object.entries(versionsOf(options))) {
    const page = await openTracking(stage, { ...tracking, folder })
    await page.evaluate(installTasks, pixelId)
    pages[version] = page
  }
  return pages
}

async function runTasks(subjects: Record<string, Subject>, { quick }: BenchOptions): Promise<Map<string, number[]>> {
  // Otherwise the first one would be measured while the engine still optimizes.
  for (const { page, task } of Object.values(subjects))
    for (let round = 0; round < (quick ? 2 : 10); round++) await run({ page, task })
  const runs = Object.entries(subjects).map(([name, subject]) => [name, () => run(subject)] as const)
  return interleave(Object.fromEntries(runs), quick ? 3 : 21)
}

async function run({ page, task, isKept = false }: Subject): Promise<number> {
  await driverOf(page).bringToFront()
  const round = await page.evaluate((given) => window.runTask?.(given), task)
  // A bench once called this the time with an entry, while the pixel was blocked and no entry was written.
  if (isKept && round?.written !== task.calls)
    throw new Error(`${round?.written} of ${task.calls} calls of ${task.work} wrote an entry.`)
  return round?.microseconds ?? Number.NaN
}

/** Enough calls for a round of some milliseconds, but not more orders than the ledger keeps. */
function callsOf(work: Work, items: number): number {
  if (work === 'push by hand') return Math.ceil(30_000 / items)
  if (work === 'Started Checkout') return Math.ceil(1500 / Math.sqrt(items))
  return Math.max(20, Math.ceil(200 / Math.sqrt(items)))
}

async function closeAll(pages: Record<string, Page>): Promise<void> {
  for (const page of Object.values(pages)) await page.close()
}
