// Pages for the two ways to install the built files: a script tag and a module.
import { readFileSync } from 'node:fs'
import { vi } from 'vitest'
import { parsePageRequest } from '../../src/server/parse.ts'
import type {
  Config,
  Consent,
  Converge,
  RelayBatch,
  RelayedEvent,
  StandingProperties,
  State,
  TrackOptions,
  TrackResult,
} from '../../src/types.ts'
import { PATIENCE } from '../patience.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import type { Page } from './browsers.ts'
import type { Stage } from './in-each-browser.ts'
import type { LoggedRequest, Served } from './network.ts'

declare global {
  interface Window {
    /** The instance of a page that imports the module. It has the type of the global one, so that a test can call either. */
    shopConverge?: Pick<Required<NonNullable<Window['converge']>>, keyof Converge>
  }
}

export const shop = 'https://www.shop.test/'
/** The URL of the shop's forwarder, on another origin than the pages. */
export const relay = 'https://relay.shop.test/tiktok'

const built = (file: string) => ({
  body: readFileSync(new URL(`../../dist/${file}`, import.meta.url), 'utf8'),
  type: 'text/javascript',
})

/** Calls are queued until the script has loaded. */
export const stub = `
  window.converge = window.converge || { q: [] }
  for (const name of ['init', 'track', 'set', 'consent', 'on']) {
    converge[name] = converge[name] || ((...rest) => { converge.q.push([name, ...rest]) })
  }`

export const scriptTag = (attributes = '') => `<script async src="/converge.js" ${attributes}></script>`

export type Way = 'script tag' | 'module'
export const ways: Way[] = ['script tag', 'module']

/** A page that runs `calls` with a `converge` of this config, installed in one of the two ways. */
export function pageOf(way: Way, config: Config, calls = ''): string {
  const install =
    way === 'script tag'
      ? `<script>${stub}
converge.init(${JSON.stringify(config)})</script>${scriptTag()}<script>${calls}</script>`
      : `<script type="module">
import { createConverge } from '/index.js'
const converge = window.shopConverge = createConverge(${JSON.stringify(config)})
${calls}</script>`
  return `<!doctype html><meta charset="utf-8"><title>Shop</title>${install}`
}

/** Opens a page of a shop that serves the built files. */
export function visit(stage: Stage, page: string, headers: Record<string, string> = {}): Promise<Page> {
  serveShop(stage, { '/': { body: page, headers } })
  return stage.open(shop)
}

/** A shop with several pages, by path, and the built files. */
export function serveShop(stage: Stage, pages: Record<string, string | Served>, host = 'www.shop.test'): void {
  const files = ['converge.js', 'consent.js', 'inspector.js', 'index.js']
  stage.network.serve(host, {
    ...Object.fromEntries(files.map((file) => [`/${file}`, built(file)])),
    ...pages,
  })
}

/** Resolves once the page's converge is the real one. Before that, calls are only queued. */
const started = (page: Page) =>
  page.evaluate(async () => {
    const isStub = () => !window.shopConverge && Array.isArray(window.converge?.q ?? [])
    while (isStub()) await new Promise((resolve) => document.addEventListener('load', resolve, true))
  })

/** Calls the page's converge. */
export async function track(
  page: Page,
  eventName: string,
  properties: object = {},
  options: TrackOptions = {},
): Promise<TrackResult | undefined> {
  await started(page)
  return page.evaluate(
    (...call) => (window.shopConverge ?? window.converge)?.track?.(...call),
    eventName,
    properties,
    options,
  )
}

export async function consent(page: Page, consent: Consent): Promise<void> {
  await started(page)
  await page.evaluate((consent) => (window.shopConverge ?? window.converge)?.consent?.(consent), consent)
}

export async function set(page: Page, standing: StandingProperties): Promise<void> {
  await started(page)
  await page.evaluate((standing) => (window.shopConverge ?? window.converge)?.set?.(standing), standing)
}

/** Long timers of this page wait for `timePasses()`. */
export const heldTimers = `<script>
  window.later = []
  const set = window.setTimeout
  window.setTimeout = (task, delay, ...rest) =>
    delay >= 1000 ? later.push(() => task(...rest)) : set(task, delay, ...rest)
  window.timePasses = () => { for (const task of later.splice(0)) task() }
</script>`

/** Resolves with the page's state once it matches. */
export function stateOf(page: Page, wanted: Partial<State>): Promise<State> {
  return page.evaluate(
    (wanted) =>
      new Promise<State>((resolve) => {
        ;(window.shopConverge ?? window.converge)?.on?.('state', (state) => {
          if (Object.entries(wanted).every(([key, value]) => Reflect.get(state, key) === value)) resolve(state)
        })
      }),
    wanted,
  )
}

/** Resolves when TikTok's scripts have loaded, so that a hit is sent at once. If the page is left earlier, hits are lost. */
export const hitsLeaveAtOnce = (page: Page): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await page.evaluate(() => '_hash' in (Reflect.get(window, 'ttq') ?? {}))))
        throw new Error('TikTok’s identify chunk, which hits wait for, has not come.')
    },
    { timeout: PATIENCE },
  )

/** Resolves with the result of an event once it matches. */
export function resultOf(page: Page, wanted: Partial<TrackResult>): Promise<TrackResult> {
  return page.evaluate(
    (wanted) =>
      new Promise<TrackResult>((resolve) => {
        ;(window.shopConverge ?? window.converge)?.on?.('event', (result) => {
          if (Object.entries(wanted).every(([key, value]) => Reflect.get(result, key) === value)) resolve(result)
        })
      }),
    wanted,
  )
}

/** The page's stored entries of one kind: `sent` orders, or an `outbox`. */
export const keysOf = (page: Page, kind: 'sent' | 'outbox'): Promise<string[]> =>
  page.evaluate((kind) => Object.keys(localStorage).filter((key) => key.includes(`.${kind}.`)), kind)

/** Resolves when the requests that the page has started so far are in the log. Requests that are missing then were not made. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await fetch('/at-rest')
    await new Promise((resolve) => setTimeout(resolve, 0))
    await fetch('/at-rest')
  })
}

/** The sent hits, without those that TikTok's pixel sends for an identity. */
export const told = (hits: Hit[]): string[] =>
  hits.filter(({ event }) => event !== 'EnrichAM').map(({ event, event_id }) => `${event} ${event_id}`)

/** Whether a hit of this event ID is among the hits. */
export const has =
  (id: string) =>
  (hits: Hit[]): boolean =>
    hits.some(({ event_id }) => event_id === id)

/** A stand-in for the shop's forwarder. */
export interface RelayHost {
  /** How it answers. */
  status: number
  /** The accepted events, answered 2xx. */
  readonly taken: RelayedEvent[]
  /** Every request, refused ones included. */
  requests(): LoggedRequest[]
  /** Resolves with the accepted events once they satisfy `enough`. */
  waitForTaken(enough: number | ((taken: RelayedEvent[]) => boolean)): Promise<RelayedEvent[]>
  /**
   * Resolves with the accepted events of these event IDs, in this order. Posts of different tasks arrive in any order, and if a page
   * is left before it has the answer, the next one posts the same event again.
   */
  takenOf(...ids: string[]): Promise<RelayedEvent[]>
}

export function serveRelay(stage: Stage, status = 202): RelayHost {
  const { network } = stage
  const { hostname, pathname } = new URL(relay)
  const taken: RelayedEvent[] = []
  const refused: string[] = []
  const waitForTaken: RelayHost['waitForTaken'] = (enough) =>
    vi.waitFor(
      () => {
        if (typeof enough === 'number' ? taken.length >= enough : enough(taken)) return [...taken]
        const ids = taken.map(({ eventName, eventID }) => `${eventName} ${eventID}`).join(', ')
        throw new Error(`The relay waited for more than it has taken: ${ids || 'nothing'}. ${refused.join(' ')}`)
      },
      { timeout: PATIENCE },
    )
  const host: RelayHost = {
    status,
    taken,
    requests: () => network.log.filter(({ host }) => host === hostname),
    waitForTaken,
    async takenOf(...ids) {
      const find = (id: string) => taken.find(({ eventID }) => eventID === id)
      await waitForTaken(() => ids.every(find))
      return ids.flatMap((id) => find(id) ?? [])
    },
  }
  network.serve(hostname, async (request, response, path) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const isFound = path === `${pathname}/events` && request.method === 'POST'
    // Events that the forwarder's own parser refuses are refused here too, whatever the test sets.
    const problems = parsePageRequest(body).problems.map(({ path, message }) => `Refused: ${path} ${message}.`)
    refused.push(...problems)
    const answer = isFound ? (problems.length ? 400 : host.status) : 404
    response.writeHead(answer, { 'access-control-allow-origin': request.headers.origin ?? '' }).end()
    if (answer < 300) taken.push(...batchIn(body).events)
  })
  return host
}

const batchIn = (body: string): RelayBatch => JSON.parse(body)
