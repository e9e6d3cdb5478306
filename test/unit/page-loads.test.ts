import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config, TrackResult } from '../../src/types.ts'
import { createDevice } from './device.ts'
import { openPage, openShop, type Page, tracked } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function open(config: Partial<Config> = { pageLoads: 'auto' }, page = openPage({ url: 'https://www.shop.test/a' })) {
  const shop = openShop(config, page)
  const results: TrackResult[] = []
  shop.converge.on('event', (result) => results.push(result))
  for (const { run } of page.idle.splice(0)) run()
  const { history } = page.window
  return { ...shop, results, history, push: (url: string) => history.pushState({}, '', url) }
}

const views = (page: Page) => tracked(page).filter(([, event]) => event === 'Pageview').length

/** Goes to an address as a browser's buttons do. */
function pop(page: Page, url: string): void {
  page.window.location.href = url
  page.window.dispatchEvent(new page.window.PopStateEvent('popstate'))
}

describe('$page_load', () => {
  test('is skipped on the URL of the last one', () => {
    const { page, track } = open({})
    expect(track('$page_load')).toMatchObject({ status: 'success' })
    expect(track('$page_load')).toMatchObject({ status: 'skipped', reason: 'same_page', destinationEvents: [] })
    expect(views(page)).toBe(1)
  })

  test('is sent three times on A, B and A again', () => {
    const { page, track, push } = open({})
    track('$page_load')
    push('/b')
    track('$page_load')
    push('/a')
    expect(track('$page_load')).toMatchObject({ status: 'success' })
    expect(views(page)).toBe(3)
  })

  test('uses the URL that the call names', () => {
    const { page, track } = open({})
    track('$page_load', { $url: 'https://www.shop.test/b' })
    track('$page_load', { $url: 'https://www.shop.test/c' })
    expect(track('$page_load', { $url: 'https://www.shop.test/c' })).toMatchObject({ reason: 'same_page' })
    expect(views(page)).toBe(2)
  })

  test('is sent once on a page without a URL', () => {
    const { page, track } = open({ context: { url: undefined } })
    expect(track('$page_load')).toMatchObject({ status: 'success' })
    expect(track('$page_load')).toMatchObject({ reason: 'same_page' })
    expect(views(page)).toBe(1)
  })

  test('is not affected by other events on the same URL', () => {
    const { track } = open({})
    track('$page_load')
    track('Searched')
    expect(track('$page_load')).toMatchObject({ reason: 'same_page' })
  })

  test('has a new ID each time', () => {
    const { results, track, push } = open({})
    track('$page_load')
    push('/b')
    track('$page_load')
    expect(new Set(results.map(({ eventID }) => eventID)).size).toBe(2)
  })
})

describe("pageLoads: 'auto'", () => {
  test('tracks the current page in idle time, once', () => {
    const page = openPage({ url: 'https://www.shop.test/a' })
    openShop({ pageLoads: 'auto' }, page)
    expect(tracked(page)).toEqual([])
    page.idle[0]?.run()
    page.window.dispatchEvent(new page.window.Event('prerenderingchange'))
    expect(views(page)).toBe(1)
  })

  test('tracks the current page before any other event, even before idle time', () => {
    const page = openPage({ url: 'https://www.shop.test/a' })
    const { track } = openShop({ pageLoads: 'auto' }, page)
    track('Searched', { q: 'cap' })
    for (const { run } of page.idle.splice(0)) run()
    expect(tracked(page).map(([, event]) => event)).toEqual(['Pageview', 'Search'])
  })

  test('tracks the page to which the shop navigates after its first event, before idle time', () => {
    const page = openPage({ url: 'https://www.shop.test/a' })
    const { track } = openShop({ pageLoads: 'auto' }, page)
    track('Searched', { q: 'cap' })
    page.window.history.pushState({}, '', '/b')
    expect(tracked(page).map(([, event]) => event)).toEqual(['Pageview', 'Search', 'Pageview'])
  })

  test('tracks the current page', () => {
    const { page, results } = open()
    expect(results).toMatchObject([{ eventName: '$page_load', status: 'success' }])
    expect(views(page)).toBe(1)
  })

  test.each<[title: string, navigate: (shop: ReturnType<typeof open>) => void, views: number]>([
    ['pushState to another path', ({ push }) => push('/b'), 1],
    ['pushState to another query', ({ push }) => push('/a?page=2'), 1],
    ['pushState to the same address', ({ push }) => push('/a'), 0],
    ['pushState to a hash', ({ push }) => push('/a#reviews'), 0],
    ['replaceState to another path', ({ history }) => history.replaceState({}, '', '/b'), 1],
    ['replaceState to another query of the path', ({ history }) => history.replaceState({}, '', '/a?size=xl'), 0],
    ['replaceState of the state only', ({ history }) => history.replaceState({ scroll: 100 }, ''), 0],
    ['the back button', ({ page }) => pop(page, '/b'), 1],
    ['a hash in a link', ({ page }) => pop(page, '/a#top'), 0],
    [
      'two pushStates to one address',
      ({ push }) => {
        push('/b')
        push('/b')
      },
      1,
    ],
    [
      'away and back',
      ({ page, push }) => {
        push('/b')
        pop(page, '/a')
      },
      2,
    ],
    [
      'a path that is corrected after pushState',
      ({ push, history }) => {
        push('/b')
        history.replaceState({}, '', '/b?variant=1')
      },
      1,
    ],
    ["the router's own $page_load", ({ push, track }) => [push('/b'), track('$page_load')], 1],
    [
      'a restore from the back-forward cache',
      ({ page }) => page.window.dispatchEvent(new page.window.Event('pageshow')),
      0,
    ],
  ])('tracks each navigation once: %s', (_, navigate, expected) => {
    const shop = open()
    navigate(shop)
    expect(views(shop.page)).toBe(1 + expected)
  })

  test("does not change how the page's history works", () => {
    const { page, history } = open()
    expect(history.pushState({ step: 1 }, '', '/b')).toBeUndefined()
    expect(page.window.location.pathname).toBe('/b')
    expect(history.state).toEqual({ step: 1 })
    history.replaceState({ step: 2 }, '', '/c')
    expect(page.window.location.pathname).toBe('/c')
    expect(history.state).toEqual({ step: 2 })
  })

  test('sends the new address', async () => {
    const { page, push } = open({
      pageLoads: 'auto',
      relay: '/relay',
      mapping: { events: { $page_load: { event: 'Pageview', forward: 'client_and_server' } } },
    })
    push('/b?page=2')
    await vi.advanceTimersByTimeAsync(0)
    expect(page.posts.flatMap(({ events }) => events).map((event) => event.page.url)).toEqual([
      'https://www.shop.test/a',
      'https://www.shop.test/b?page=2',
    ])
  })

  test('gives each of two pixels its own page load, once', () => {
    const page = openPage({ url: 'https://www.shop.test/a' })
    const { push } = open({ pageLoads: 'auto' }, page)
    open({ pageLoads: 'auto', pixelId: 'OTHER00000OTHER00000' }, page)
    push('/b')
    const codes = tracked(page).map(([, , , options]) => Object(options).pixel_code)
    expect(codes.filter((code) => code === 'OTHER00000OTHER00000')).toHaveLength(2)
    expect(codes).toHaveLength(4)
  })

  test('is manual by default', () => {
    const { page, push, results } = open({})
    push('/b')
    expect(results).toEqual([])
    expect(tracked(page)).toEqual([])
  })
})

describe('while a page is prerendered', () => {
  function prerender(config: Partial<Config>, device = createDevice()) {
    const page = openPage({ url: 'https://www.shop.test/a', device })
    Object.assign(page.window.document, { prerendering: true })
    const activate = () => {
      Object.assign(page.window.document, { prerendering: false })
      page.window.document.dispatchEvent(new page.window.Event('prerenderingchange'))
    }
    return { ...open({ load: 'immediate', relay: '/relay', ...config }, page), activate }
  }

  test.each(['always', 'always_server', 'implied'] as const)(
    'nothing is sent, and nothing is written: %s',
    async (consent) => {
      const { page, track } = prerender({ pageLoads: 'auto', consent })
      track('Viewed Product', { product_id: 'P1' })
      await vi.advanceTimersByTimeAsync(60_000)
      expect(page.ttq).toBeUndefined()
      expect(page.scripts).toEqual([])
      expect(page.posts).toEqual([])
      expect([...page.device.stored.keys()]).toEqual([])
    },
  )

  test('events wait, and are sent once when the visitor sees the page', async () => {
    const { page, results, track, activate } = prerender({ pageLoads: 'auto' })
    track('Viewed Product', { product_id: 'P1' })
    activate()
    expect(page.scripts).toHaveLength(1)
    expect(tracked(page).map(([, event]) => event)).toEqual(['Pageview', 'ViewContent'])
    await vi.advanceTimersByTimeAsync(0)
    expect(page.posts.flatMap(({ events }) => events).map(({ eventName }) => eventName)).toEqual(['Viewed Product'])
    expect(results.at(-1)).toMatchObject({ eventName: 'Viewed Product', status: 'success' })
  })

  test('a denial removes data from earlier pages', async () => {
    const device = createDevice()
    const former = openPage({ device })
    openShop({ load: 'immediate' }, former).track('Searched')
    former.close()
    expect([...device.stored.keys()]).toEqual([`converge.visitor`])
    const { converge } = prerender({ consent: 'implied' }, device)
    converge.consent({ marketing: 'denied' })
    expect([...device.stored.keys()]).toEqual([`converge.consent`])
  })

  test('a decision on the page before applies', () => {
    const device = createDevice()
    const { page, converge, track, activate, results } = prerender({ consent: 'implied' }, device)
    track('Searched')
    expect(converge.context().consent).toEqual({})
    openShop({ consent: 'implied' }, openPage({ device })).converge.consent({ marketing: 'denied' })
    activate()
    expect(page.ttq).toBeUndefined()
    expect(results.at(-1)).toMatchObject({ status: 'no_consent', reason: 'denied' })
  })

  test('events continue to wait if consent is missing too', () => {
    const { page, converge, track, activate } = prerender({ consent: 'require' })
    track('Searched')
    activate()
    expect(page.ttq).toBeUndefined()
    converge.consent({ marketing: 'granted' })
    expect(tracked(page)).toHaveLength(1)
  })
})
