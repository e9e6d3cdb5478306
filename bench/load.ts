// What a script costs the page's main thread when it loads, in Chromium, on a processor slowed down four times.

import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { driverOf } from '../test/browser/browsers.ts'
import { classicalSnippet } from '../test/tiktok/snippet.ts'
import { type Stage, withBrowser } from './browser.ts'
import { bundleForPage } from './bundle.ts'
import { howToInstall, installedPeers, peersFolder } from './peers.ts'
import { eventsScript, pixelHost, pixelId } from './pixel.ts'
import { type BenchOptions, type Report, ratiosTo, spreadOf, typical } from './report.ts'
import { readTrace, type ScriptCost, traceCategories } from './trace.ts'

const shop = 'www.shop.test'
const watched = 700 // ms after the page has loaded

interface Subject {
  html: string
  /** The script that the page loads, if it is not inline. */
  script?: string
}

export function measureLoad(options: BenchOptions): Promise<Report[]> {
  return withBrowser(async (stage) => {
    const subjects = await subjectsOf(options)
    const samples = await loadAll(stage, subjects, options.quick ? 2 : 9)
    const snippet = samples.get(snippetName) ?? []
    const valuesOf = (costs: readonly ScriptCost[], key: keyof ScriptCost) => costs.map((cost) => cost[key])
    const rows = [...samples].map(([name, costs]) => {
      const totals = valuesOf(costs, 'total')
      const [first, longest] = [typical(valuesOf(costs, 'first')), typical(valuesOf(costs, 'longest'))]
      return {
        name,
        value: typical(totals),
        unit: 'ms' as const,
        spread: spreadOf(totals),
        ratios: ratiosTo(typical(totals), { "TikTok's snippet": valuesOf(snippet, 'total') }),
        also: {
          'first run': `${first.toFixed(1)} ms (${(first / typical(valuesOf(snippet, 'first'))).toFixed(2)} ×)`,
          'longest task': `${longest.toFixed(1)} ms`,
        },
      }
    })
    return [
      {
        title: 'Load',
        about: [
          'Time on the main thread at 4 times slowdown: all tasks of the script, until 0.7 s after the page has loaded. Each measurement has a fresh context.',
          "The snippet is ours, with the same calls as TikTok's. No figure includes TikTok's own script: a pixel that only counts its calls replaces it.",
          'Not executed: the same bytes, inside a function that nobody calls.',
          ...(installedPeers().length > 0 ? [] : [howToInstall]),
        ],
        rows,
      },
    ]
  })
}

const snippetName = "TikTok's snippet, with a page view"

async function subjectsOf({ against }: BenchOptions): Promise<Record<string, Subject>> {
  const built = (folder: URL | string) => readFileSync(new URL('dist/converge.js', folder), 'utf8')
  const code = built(new URL('../', import.meta.url))
  const tag = (more = '') => pageOf(`<script async src="/subject.js" data-pixel-id="${pixelId}" ${more}></script>`)
  const subjects: Record<string, Subject> = {
    [snippetName]: { html: pageOf(`<script>${classicalSnippet(`ttq.load('${pixelId}'); ttq.page()`)}</script>`) },
    'converge.js, not executed': { html: tag(), script: `window.inert = () => {${code}}` },
    'converge.js': { html: tag(), script: code },
    'converge.js, with page views': { html: tag('data-page-loads="auto"'), script: code },
  }
  if (against) {
    const former = built(new URL(`file://${against.replace(/\/?$/, '/')}`))
    subjects['against: converge.js'] = { html: tag(), script: former }
    subjects['against: converge.js, with page views'] = { html: tag('data-page-loads="auto"'), script: former }
  }
  for (const { name, version, start } of installedPeers())
    subjects[`${name} ${version}`] = {
      html: pageOf('<script async src="/subject.js"></script>'),
      script: await bundleForPage(start, peersFolder),
    }
  return subjects
}

const pageOf = (head: string) => `<!doctype html><meta charset="utf-8"><title>Bench</title>${head}<p>Shop`

/** Interleaved: each round loads every subject once. */
async function loadAll(
  stage: Stage,
  subjects: Record<string, Subject>,
  rounds: number,
): Promise<Map<string, ScriptCost[]>> {
  const costs = new Map<string, ScriptCost[]>(Object.keys(subjects).map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++)
    for (const [name, subject] of Object.entries(subjects)) {
      const cost = await load(stage, subject)
      if (round > 0) costs.get(name)?.push(cost)
    }
  return costs
}

async function load({ network, browser }: Stage, { html, script = '' }: Subject): Promise<ScriptCost> {
  network.serve(pixelHost, { '/i18n/pixel/events.js': eventsScript.live })
  network.serve('collector.shop.test', (request, response) => {
    request.resume()
    response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'application/json' }).end('{}')
  })
  network.serve(shop, { '/': html, '/subject.js': script })
  const page = await browser.newPage()
  const driver = driverOf(page)
  try {
    await driver.emulateCPUThrottling(4)
    await driver.tracing.start({ categories: traceCategories })
    await driver.goto(`https://${shop}/`, { waitUntil: 'load' })
    await pause(watched)
    const trace = await driver.tracing.stop()
    if (!trace) throw new Error('The browser gave no trace.')
    return readTrace(trace, (url) => url.includes(pixelHost) || url.startsWith('pptr:'))
  } finally {
    await page.close()
  }
}
