import { describe, expect, test } from 'vitest'
import type { State, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { type Hit, never } from '../tiktok/pixel-host.ts'
import { classicalSnippet } from '../tiktok/snippet.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { has, hitsLeaveAtOnce, pageOf, visit, ways } from './shop.ts'

const otherId = 'C4OTHER0000000000002'
const config = { pixelId, load: 'immediate' } as const

const told = (hits: Hit[]) =>
  hits.map(
    ({ event, event_id, context }) =>
      `${event} ${event_id ?? '-'} ${context.pixel.code === pixelId ? 'ours' : 'other'}`,
  )
const search = (id: string) => `converge.track('Searched', {}, { eventID: '${id}' })`

const snippet = (calls: string) => `<script>${classicalSnippet(calls)}</script>`

/** Resolves with the pixel's state when it is this one. */
const stateOf = (page: Page, wanted: State['pixel']) =>
  page.evaluate(
    (wanted) =>
      new Promise<State>((resolve) => {
        ;(window.shopConverge ?? window.converge)?.on?.('state', (state) => {
          if (state.pixel === wanted) resolve(state)
        })
      }),
    wanted,
  )

/** Tracks an order, and returns the calls that waited in `ttq` when `track` returned. */
const trackNow = (page: Page) =>
  page.evaluate(() => {
    const result = (window.shopConverge ?? window.converge)?.track?.('Placed Order', { id: 'now', total_price: 5 })
    const waiting = [...window.ttq].filter((call) => Array.isArray(call) && call[0] === 'track')
    return { result, last: waiting.at(-1) }
  }) as Promise<{ result: TrackResult; last: unknown }>

const purchaseInQueue = ['track', 'Purchase', { value: 5, order_id: 'now' }, { event_id: 'now', pixel_code: pixelId }]

inEachBrowser((stage) => {
  const tiktok = () => stage.network.tiktok

  describe.each(ways)('by %s', (way) => {
    const page = (calls = '') => pageOf(way, config, calls)

    test('track() calls ttq before it returns, while events.js is late', async () => {
      tiktok().faults.events.after = never
      const opened = await visit(stage, page(search('first')))
      await stateOf(opened, 'waiting')
      const { result, last } = await trackNow(opened)
      expect(last).toEqual(purchaseInQueue)
      expect(result).toMatchObject({ status: 'success', eventID: 'now' })
    })

    test('track() calls ttq before it returns if events.js is blocked, and the state shows it', async () => {
      tiktok().faults.events.status = 404
      const opened = await visit(stage, page())
      expect(await stateOf(opened, 'blocked')).toMatchObject({ pixelCause: 'script_error' })
      const { result, last } = await trackNow(opened)
      expect(last).toEqual(purchaseInQueue)
      expect(result).toMatchObject({ status: 'failure', reason: 'pixel_blocked' })
    })

    test('track() calls ttq before it returns once the pixel is live: a page that is left at once loses nothing', async () => {
      const opened = await visit(stage, page())
      await hitsLeaveAtOnce(opened)
      await opened.evaluate(() => {
        ;(window.shopConverge ?? window.converge)?.track?.('Placed Order', { id: 'last', total_price: 5 })
        location.href = 'about:blank'
      })
      expect(told(await tiktok().waitForHits(has('last')))).toEqual(['Purchase last ours'])
    })

    test("calls before, during and after the pixel's load arrive once and in order", async () => {
      let come = () => {}
      tiktok().faults.events.after = new Promise<void>((resolve) => {
        come = resolve
      })
      const opened = await visit(stage, pageOf(way, { pixelId }, `${search('a')};${search('b')}`))
      await stateOf(opened, 'waiting')
      await opened.evaluate(() => (window.shopConverge ?? window.converge)?.track?.('Searched', {}, { eventID: 'c' }))
      come()
      await stateOf(opened, 'live')
      await opened.evaluate(() => (window.shopConverge ?? window.converge)?.track?.('Searched', {}, { eventID: 'd' }))
      expect(told(await tiktok().waitForHits(has('d')))).toEqual(['a', 'b', 'c', 'd'].map((id) => `Search ${id} ours`))
    })

    test('another pixel on the page gets none of our events, and keeps its own', async () => {
      const other = snippet(
        `ttq.load('${otherId}'); ttq.instance('${otherId}').track('Lead', {}, { event_id: 'theirs' })`,
      )
      const opened = await visit(stage, other + page(search('queued')))
      await stateOf(opened, 'live')
      await opened.evaluate(() =>
        (window.shopConverge ?? window.converge)?.track?.('$page_load', {}, { eventID: 'live' }),
      )
      const hits = told(await tiktok().waitForHits((hits) => has('live')(hits) && has('theirs')(hits)))
      expect(hits.sort()).toEqual(['Lead theirs other', 'Pageview live ours', 'Search queued ours'])
    })

    test('an ID that a snippet has loaded is not loaded twice, so nothing counts twice', async () => {
      const opened = await visit(stage, snippet(`ttq.load('${pixelId}')`) + page(search('queued')))
      await stateOf(opened, 'live')
      await opened.evaluate(() =>
        (window.shopConverge ?? window.converge)?.track?.('Searched', {}, { eventID: 'live' }),
      )
      expect(told(await tiktok().waitForHits(has('live')))).toEqual(['Search queued ours', 'Search live ours'])
      expect(tiktok().requests.filter((path) => path.includes('events.js'))).toHaveLength(1)
    })

    test('a snippet that loads the same ID later doubles no later event', async () => {
      const opened = await visit(stage, page(search('first')))
      await stateOf(opened, 'live')
      await tiktok().waitForHits(has('first'))
      // Once it has registered a second time, a global call is sent twice: that is how the test knows.
      await opened.evaluate(
        (source) =>
          new Promise<void>((resolve) => {
            document.addEventListener('load', ({ target }) => /events/.test(Object(target).src) && resolve(), true)
            new Function(source)()
          }),
        classicalSnippet(`ttq.load('${pixelId}')`),
      )
      await opened.evaluate(() => {
        ;(window.shopConverge ?? window.converge)?.track?.('Searched', {}, { eventID: 'later' })
        window.ttq.track('End', {}, { event_id: 'end' })
      })
      const ended = (hits: Hit[]) => hits.filter(({ event }) => event === 'End').length === 2
      const hits = await tiktok().waitForHits(ended)
      expect(told(hits).filter((hit) => !hit.startsWith('End'))).toEqual(['Search first ours', 'Search later ours'])
    })

    test('calls waiting for a late pixel survive a snippet that loads the same ID meanwhile', async () => {
      let come = () => {}
      tiktok().faults.events.after = new Promise<void>((resolve) => {
        come = resolve
      })
      const opened = await visit(stage, page(search('queued')))
      await stateOf(opened, 'waiting')
      await opened.evaluate((source) => new Function(source)(), classicalSnippet(`ttq.load('${pixelId}')`))
      come()
      expect(told(await tiktok().waitForHits(has('queued')))).toContain('Search queued ours')
    })

    test('a route change of an SPA does not make the pixel send a page view', async () => {
      const opened = await visit(stage, page())
      await stateOf(opened, 'live')
      await opened.evaluate(() => {
        history.pushState({}, '', '/products')
        ;(window.shopConverge ?? window.converge)?.track?.('$page_load', {}, { eventID: 'route' })
      })
      expect(told(await tiktok().waitForHits(has('route')))).toEqual(['Pageview route ours'])
    })

    test('a policy that blocks the script is reported as the cause', async () => {
      const policy = { 'content-security-policy': "script-src 'self' 'unsafe-inline'" }
      const opened = await visit(stage, page(), policy)
      expect(await stateOf(opened, 'blocked')).toMatchObject({ pixelCause: 'csp' })
    })

    test("a policy that blocks only the pixel's hits is reported as the cause", async () => {
      const policy = { 'content-security-policy': "connect-src 'self'" }
      const opened = await visit(stage, page(search('lost')), policy)
      expect(await stateOf(opened, 'blocked')).toMatchObject({ pixelCause: 'csp' })
      expect((await trackNow(opened)).result).toMatchObject({ status: 'failure', reason: 'pixel_blocked' })
      expect(tiktok().hits).toEqual([])
    })

    test("an ad blocker's empty stand-in does not count as the pixel", async () => {
      tiktok().faults.events.body = ''
      const opened = await visit(stage, page())
      expect(await stateOf(opened, 'blocked')).toMatchObject({ pixelCause: 'stand_in' })
    })

    test('the console stays empty, and requests go only to the shop and TikTok', async () => {
      const opened = await visit(stage, page(search('quiet')))
      await tiktok().waitForHits(has('quiet'))
      expect(opened.consoleErrors).toEqual([])
      expect(stage.network.strays).toEqual([])
    })
  })
})
