import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startConverge } from '../../src/browser/start.ts'
import type { Config, Converge, State } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { classicalSnippet } from '../tiktok/snippet.ts'
import { forThisBuild } from './build.ts'
import { noParts, openPage, type Page, queued, tracked } from './page.ts'

const address = 'https://analytics.tiktok.com/i18n/pixel/events.js'
const now = new Date('2026-03-01T12:00:00Z')

beforeEach(() => vi.useFakeTimers({ now }))
afterEach(() => vi.useRealTimers())

/** Our pixel, whose loading has begun. */
function startIn(page: Page, config: Partial<Config> = {}): Converge {
  return startConverge({ pixelId, load: 'immediate', ...forThisBuild(config) }, page.window, noParts)
}

/** A page in which TikTok's own snippet runs before our script. */
function openPageWithSnippet(calls: string): Page {
  const page = openPage()
  page.window.document.head.append(page.window.document.createElement('script'))
  new Function('window', 'document', classicalSnippet(calls))(page.window, page.window.document)
  return page
}

/** Changes a page's queue as TikTok's main script does: calls no longer wait, and `instance` returns one pixel's object. */
function takeOver(page: Page, id = pixelId) {
  const calls: unknown[][] = []
  const instance = {
    _init: true,
    info: { status: 0 },
    track: (...parameters: unknown[]) => calls.push([id, ...parameters]),
  }
  Object.assign(page.window, {
    ttq: {
      initialize: true,
      _i: { ...page.ttq?._i, [id]: instance },
      track: (...parameters: unknown[]) => calls.push(['every pixel', ...parameters]),
      instance: (asked: string) => (asked === id ? instance : undefined),
    },
  })
  return calls
}

function fire(page: Page, type: 'load' | 'error'): void {
  page.scripts[0]?.dispatchEvent(new page.window.Event(type))
}

function violate(page: Page, blockedURI: string, disposition = 'enforce'): void {
  const event = new page.window.Event('securitypolicyviolation', { bubbles: true })
  page.window.document.dispatchEvent(Object.assign(event, { blockedURI, disposition }))
}

/** Collects every state that is emitted from now on. */
function statesOf(converge: Converge): State[] {
  const states: State[] = []
  converge.on('state', (state) => states.push(state))
  return states
}

const waiting = { pixel: 'waiting' }
const live = { pixel: 'live' }

describe('the stub', () => {
  test('is an array whose 16 methods queue their name and parameters', () => {
    const page = openPage()
    startIn(page)
    const names =
      'page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent'
    expect(page.ttq.methods).toEqual(names.split(' '))
    expect(Array.isArray(page.ttq)).toBe(true)
    for (const method of page.ttq.methods) Reflect.get(page.ttq, method)(method, 1)
    expect(queued(page)).toEqual(page.ttq.methods.map((method) => [method, method, 1]))
  })

  test("returns a pixel's queue with its methods from instance(), before anything has loaded", () => {
    const page = openPage()
    startIn(page)
    const other = page.ttq.instance('OTHER')
    other.track('Lead')
    expect(page.ttq.instance('OTHER')).toBe(other)
    expect(page.ttq._i.OTHER).toEqual(expect.arrayContaining([['track', 'Lead']]))
    expect(page.ttq).toHaveLength(0)
  })

  test("loads a shop's second pixel through ttq.load, as TikTok's own stub does", () => {
    const page = openPage()
    startIn(page)
    page.ttq.load('OTHER', { autoConfig: false })
    expect(page.ttq._o.OTHER).toEqual({ autoConfig: false })
    expect(page.scripts.map(({ src }) => src)).toContain(`${address}?sdkid=OTHER&lib=ttq`)
  })

  test('defers a method on any queue by setAndDefer', () => {
    const page = openPage()
    startIn(page)
    const queue = Object([])
    page.ttq.setAndDefer(queue, 'track')
    queue.track('Lead', {})
    expect([...queue]).toEqual([['track', 'Lead', {}]])
  })
})

describe('loading', () => {
  test("sets the marks that TikTok's script looks for, and turns off its automatic page views", () => {
    const page = openPage()
    startIn(page)
    expect(page.window.TiktokAnalyticsObject).toBe('ttq')
    expect(page.ttq._i[pixelId]?._u).toBe(address)
    expect(page.ttq._t).toEqual({ [pixelId]: now.getTime() })
    expect(page.ttq._o).toEqual({ [pixelId]: { historyObserver: false, limited_data_use: false, autoConfig: true } })
  })

  test('requests events.js by pixel ID and library name', () => {
    const page = openPage()
    startIn(page)
    const [script, ...others] = page.scripts
    expect(script?.src).toBe(`${address}?sdkid=${pixelId}&lib=ttq`)
    expect(script?.isConnected).toBe(true)
    expect(others).toEqual([])
  })

  test('sets the nonce on the script', () => {
    const page = openPage()
    startIn(page, { nonce: 'r4nd0m' })
    expect(page.scripts[0]?.nonce).toBe('r4nd0m')
  })

  test("uses TikTok's US host in the region us", () => {
    const page = openPage()
    startIn(page, { region: 'us' })
    const ours = 'https://analytics.us.tiktok.com/i18n/pixel/events.js'
    expect(page.scripts[0]?.src).toBe(`${ours}?sdkid=${pixelId}&lib=ttq`)
    expect(page.ttq._i[pixelId]?._u).toBe(ours)
  })

  test('waits for idle time, at most one second, while calls queue', () => {
    const page = openPage()
    const converge = startIn(page, { load: 'idle' })
    converge.track('Searched', { q: 'cap' })
    expect(page.scripts).toEqual([])
    expect(page.idle).toMatchObject([{ timeout: 1000 }])

    page.idle[0]?.run()
    expect(page.scripts).toHaveLength(1)
    expect(tracked(page).map(([, event]) => event)).toEqual(['Search'])
  })

  test('is deferred by default', () => {
    const page = openPage()
    startConverge({ pixelId }, page.window, noParts)
    expect(page.scripts).toEqual([])
    expect(page.idle).toHaveLength(1)
  })

  test('starts in the next task without requestIdleCallback', () => {
    const page = openPage({ hasIdleTime: false })
    startIn(page, { load: 'idle' })
    expect(page.scripts).toEqual([])
    vi.advanceTimersByTime(1)
    expect(page.scripts).toHaveLength(1)
  })

  test('starts at once if the config asks for it', () => {
    const page = openPage()
    startIn(page, { load: 'immediate' })
    expect(page.scripts).toHaveLength(1)
    expect(page.idle).toEqual([])
  })

  test.each<[title: string, marks: object]>([
    ['its script is on the way', { _u: address }],
    ['its config has loaded', { info: { status: 0 } }],
    ['it is live', { _init: true }],
  ])('never happens twice for one pixel: %s', (_, marks) => {
    const page = openPage()
    Object.assign(page.window, { ttq: Object.assign([], { _i: { [pixelId]: Object.assign([], marks) } }) })
    startIn(page)
    expect(page.scripts).toEqual([])
  })

  test("keeps the calls that wait in the pixel's own queue", () => {
    const page = openPage()
    const queue = [['track', 'Lead', {}]]
    Object.assign(page.window, { ttq: Object.assign([], { _i: { [pixelId]: queue } }) })
    startIn(page)
    expect(page.ttq._i[pixelId]).toBe(queue)
    expect([...queue]).toEqual([['track', 'Lead', {}]])
    expect(page.scripts).toHaveLength(1)
  })

  test('does not happen in a server_only config, and no ttq is created', () => {
    const page = openPage()
    const converge = startIn(page, { mapping: { mode: 'server_only' }, relay: '/relay' })
    converge.track('Searched', { q: 'cap' })
    expect(page.ttq).toBeUndefined()
    expect(page.scripts).toEqual([])
    expect(statesOf(converge)).toMatchObject([{ pixel: 'off', relay: 'ready' }])
  })
})

describe("beside TikTok's own snippet", () => {
  test('uses its ttq, and keeps its calls in front', () => {
    const page = openPageWithSnippet("ttq.load('OTHER00000OTHER00000'); ttq.page()")
    const { ttq } = page
    const { track, load } = ttq
    startIn(page).track('Searched', { q: 'cap' })

    expect(page.ttq).toBe(ttq)
    expect(page.ttq.track).toBe(track)
    expect(page.ttq.load).toBe(load)
    expect(queued(page).filter(([method]) => method !== 'identify')).toMatchObject([
      ['page'],
      ['track', 'Search', { query: 'cap', search_string: 'cap' }, { pixel_code: pixelId }],
    ])
    expect(page.scripts.map(({ src }) => new URL(src).searchParams.get('sdkid')).sort()).toEqual([
      pixelId,
      'OTHER00000OTHER00000',
    ])
  })

  test('does not load a pixel that the snippet has loaded', () => {
    const page = openPageWithSnippet(`ttq.load('${pixelId}')`)
    startIn(page)
    expect(page.scripts).toHaveLength(1)
  })

  test("uses TikTok's global under another name, and does not touch ttq", () => {
    const page = openPage()
    Object.assign(page.window, { TiktokAnalyticsObject: 'tt', tt: [['page']] })
    startIn(page).track('Searched', { q: 'cap' })
    const { tt, ttq } = Object(page.window)
    expect(ttq).toBeUndefined()
    expect(tt.map(([method]: string[]) => method)).toEqual(['page', 'identify', 'track'])
    expect(page.scripts[0]?.src).toBe(`${address}?sdkid=${pixelId}&lib=tt`)
  })

  test('turns a bare queue without methods into the stub, and keeps its calls', () => {
    const page = openPage()
    const queue = [['page']]
    Object.assign(page.window, { ttq: queue })
    startIn(page).track('Searched', { q: 'cap' })
    expect(page.ttq).toBe(queue)
    expect(queued(page).map(([method]) => method)).toEqual(['page', 'identify', 'track'])
  })
})

describe('a call', () => {
  test('waits in the global queue with our pixel_code until the pixel is live', () => {
    const page = openPage()
    startIn(page).track('Searched', { q: 'cap' }, { eventID: 'e1' })
    expect(tracked(page)).toEqual([
      ['track', 'Search', { query: 'cap', search_string: 'cap' }, { event_id: 'e1', pixel_code: pixelId }],
    ])
  })

  test('goes only to our instance once the pixel is live, through the current ttq', () => {
    const page = openPage()
    const converge = startIn(page)
    const stub = page.ttq
    const calls = takeOver(page)
    converge.track('Searched', { q: 'cap' }, { eventID: 'e1' })
    expect(calls).toEqual([[pixelId, 'Search', { query: 'cap', search_string: 'cap' }, { event_id: 'e1' }]])
    expect(stub).toHaveLength(0)
  })

  test('stays with our instance if a snippet loads the same ID again, because the global queue would send it twice', () => {
    const page = openPage()
    const converge = startIn(page)
    const calls = takeOver(page)
    converge.track('Searched', {}, { eventID: 'e1' })
    Reflect.set(page.ttq._i, pixelId, [])
    converge.track('Searched', {}, { eventID: 'e2' })
    expect(calls.map(([id, , , options]) => [id, options])).toEqual([
      [pixelId, { event_id: 'e1' }],
      [pixelId, { event_id: 'e2' }],
    ])
  })

  test('goes through the global queue if another pixel is live and ours is still loading', () => {
    const page = openPage()
    const converge = startIn(page)
    const calls = takeOver(page, 'OTHER')
    converge.track('Searched', { q: 'cap' }, { eventID: 'e1' })
    expect(calls).toEqual([
      ['every pixel', 'Search', { query: 'cap', search_string: 'cap' }, { event_id: 'e1', pixel_code: pixelId }],
    ])
  })

  test('gets its own copy of the parameters, because TikTok writes into them', () => {
    const page = openPage()
    const order = { id: '1', $is_new_customer: true, items: [{ product_id: 'P1' }] }
    const { destinationEvents } = startIn(page).track('Placed Order', order)
    const [purchase, newCustomer] = tracked(page).map(([, , parameters]) => Object(parameters))
    purchase.currency = 'XXX'
    purchase.contents[0].content_id = 'P9'
    const untouched = [{ content_id: 'P1', content_type: 'product' }]
    expect(newCustomer).toStrictEqual({ contents: untouched, content_type: 'product', num_items: 1, order_id: '1' })
    expect(destinationEvents.map(({ parameters }) => parameters)).toStrictEqual([newCustomer, newCustomer])
  })

  test('is tracked even if a foreign ttq throws on identify', () => {
    const page = openPage()
    const converge = startIn(page)
    page.ttq.identify = () => {
      throw new Error('a wrapper of some other script')
    }
    expect(converge.track('Placed Order', { id: '1', $email: 'jane@example.com' }).status).toBe('success')
    expect(queued(page).map(([, event]) => event)).toEqual(['Purchase'])
  })

  test('fails, and throws nothing into the page, if a foreign ttq throws', () => {
    const page = openPage()
    const converge = startIn(page)
    page.ttq.track = () => {
      throw new Error('a wrapper of some other script')
    }
    expect(converge.track('Searched', { q: 'cap' })).toMatchObject({
      status: 'failure',
      reason: 'pixel_blocked',
      destinationEvents: [],
    })
  })
})

describe('the state', () => {
  test("is waiting, then live as soon as TikTok's script has taken over", () => {
    const page = openPage()
    const states = statesOf(startIn(page))
    takeOver(page)
    expect(states).toMatchObject([waiting])
    fire(page, 'load')
    expect(states).toMatchObject([waiting, live])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is reported before anything has started: the visitor has not decided', () => {
    const page = openPage()
    const states = statesOf(startIn(page, { consent: 'require', relay: '/relay' }))
    expect(states).toEqual([{ pixel: 'waiting', consent: {}, relay: 'ready', outbox: 0 }])
    expect(page.ttq).toBeUndefined()
  })

  test('is blocked by csp at once if the page refuses our script (Trusted Types), and the page still works', () => {
    const page = openPage()
    const error = vi.spyOn(console, 'error').mockReturnValue()
    page.window.document.head.appendChild = () => {
      throw new TypeError('This document requires TrustedScriptURL')
    }
    const converge = startIn(page)
    expect(statesOf(converge)).toMatchObject([{ pixel: 'blocked', pixelCause: 'csp' }])
    expect(page.ttq._i[pixelId]?._u).toBeUndefined()
    expect(converge.track('Searched')).toMatchObject({ status: 'failure', reason: 'pixel_blocked' })
    expect(error).toHaveBeenCalledOnce()
    error.mockRestore()
  })

  const noop = () => {}
  test.each<[title: string, ttq: unknown]>([
    ['an object of a consent tool', { track: noop, identify: noop, page: noop, load: noop }],
    ['a frozen object', Object.freeze({ track: noop })],
    ['a function', Object.assign(() => {}, { track: noop })],
    ['text', 'ttq'],
  ])('is blocked by stand_in if ttq is %s, which is not replaced before the visitor grants consent', async (_, ttq) => {
    const page = openPage()
    Object.assign(page.window, { ttq })
    const converge = startIn(page, { relay: '/relay' })
    const states = statesOf(converge)
    expect(states).toMatchObject([{ pixel: 'blocked', pixelCause: 'stand_in' }])
    const order = converge.track('Placed Order', { id: '1' })
    expect(order).toMatchObject({ status: 'success', reason: 'pixel_blocked', destinationEvents: [{ via: ['relay'] }] })
    expect(Reflect.get(page.window, 'ttq')).toBe(ttq)
    expect(page.scripts).toEqual([])

    converge.consent({ marketing: 'granted' })
    expect(states.at(-1)).toMatchObject({ pixel: 'waiting' })
    expect(page.scripts).toHaveLength(1)
    expect(tracked(page)).toMatchObject([['track', 'Purchase', {}, { event_id: '1', pixel_code: pixelId }]])
    await vi.advanceTimersByTimeAsync(30_000)
    expect(states.at(-1)).toMatchObject({ pixel: 'blocked', pixelCause: 'no_answer' })
  })

  test.each(['form', 'img'])('replaces a %s named ttq', (tag) => {
    const page = openPage()
    const element = page.window.document.createElement(tag)
    Object.assign(page.window, { ttq: element })
    startIn(page).track('Searched')
    expect(tracked(page)).toHaveLength(1)
  })

  test("is blocked by sandboxed in an iframe with an opaque origin, and TikTok's script is not requested", () => {
    const page = openPage()
    Object.defineProperty(page.window, 'origin', { value: 'null' })
    page.device.fault = 'blocked'
    const converge = startIn(page, { relay: '/relay', context: { url: 'https://www.shop.test/' } })
    expect(statesOf(converge)).toMatchObject([{ pixel: 'blocked', pixelCause: 'sandboxed' }])
    expect(page.scripts).toEqual([])
  })

  test('is live from the start if the pixel already is', () => {
    const page = openPage()
    takeOver(page)
    expect(statesOf(startIn(page))).toMatchObject([live])
  })

  test('is blocked by script_error if events.js does not load', () => {
    const page = openPage()
    const converge = startIn(page)
    const states = statesOf(converge)
    fire(page, 'error')
    expect(states).toMatchObject([waiting, { pixel: 'blocked', pixelCause: 'script_error' }])
    vi.advanceTimersByTime(50)
    expect(vi.getTimerCount()).toBe(0)
    expect(states).toHaveLength(2)
  })

  test("is blocked by stand_in if the response is not TikTok's script", () => {
    const page = openPage()
    const states = statesOf(startIn(page))
    fire(page, 'load')
    expect(states).toMatchObject([waiting, { pixel: 'blocked', pixelCause: 'stand_in' }])
  })

  test('stays waiting if events.js has loaded and the main script has not', () => {
    const page = openPage()
    const states = statesOf(startIn(page))
    Object.assign(page.ttq._i[pixelId] ?? {}, { info: { status: 0 } })
    fire(page, 'load')
    vi.advanceTimersByTime(20_000)
    expect(states).toMatchObject([waiting])
  })

  test('is blocked by no_answer after 25 s, and leaves no timer running', () => {
    const page = openPage()
    const states = statesOf(startIn(page))
    vi.advanceTimersByTime(25_000)
    expect(states).toMatchObject([waiting])
    vi.advanceTimersByTime(1000)
    expect(states).toMatchObject([waiting, { pixel: 'blocked', pixelCause: 'no_answer' }])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is checked after events.js has loaded, at growing intervals', () => {
    const page = openPage()
    startIn(page)
    const setTimeout = vi.spyOn(page.window, 'setTimeout')
    vi.advanceTimersByTime(20_000)
    expect(setTimeout).not.toHaveBeenCalled()
    Object.assign(page.ttq._i[pixelId] ?? {}, { info: { status: 0 } })
    fire(page, 'load')
    vi.advanceTimersByTime(60_000)
    expect(setTimeout.mock.calls.map(([, delay]) => delay)).toEqual([50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800])
  })

  test.each([
    ['the script is refused', `${address}?sdkid=${pixelId}&lib=ttq`],
    ['the hits are refused', 'https://analytics.tiktok.com/api/v2/pixel'],
  ])('is blocked by csp if %s', (_, blockedURI) => {
    const page = openPage()
    const states = statesOf(startIn(page))
    violate(page, blockedURI)
    fire(page, 'error')
    expect(states).toMatchObject([waiting, { pixel: 'blocked', pixelCause: 'csp' }])
  })

  test("is blocked by csp for TikTok's US host", () => {
    const page = openPage()
    const states = statesOf(startIn(page, { region: 'us' }))
    violate(page, 'https://analytics.us.tiktok.com/i18n/pixel/events.js')
    expect(states.at(-1)).toMatchObject({ pixel: 'blocked', pixelCause: 'csp' })
  })

  test.each([
    ['is only reported', 'https://analytics.tiktok.com/i18n/pixel/events.js', 'report'],
    ["is another host's", 'https://cdn.shop.test/x.js', 'enforce'],
    ["is an inline script's", 'inline', 'enforce'],
  ])('ignores a violation that %s', (_, blockedURI, disposition) => {
    const page = openPage()
    const states = statesOf(startIn(page))
    violate(page, blockedURI, disposition)
    expect(states).toMatchObject([waiting])
  })

  test('stays blocked if the hits of a live pixel are refused', () => {
    const page = openPage()
    const converge = startIn(page)
    const states = statesOf(converge)
    takeOver(page)
    fire(page, 'load')
    violate(page, 'https://analytics.tiktok.com/api/v2/pixel')
    converge.track('Searched', { q: 'cap' })
    expect(states).toMatchObject([waiting, live, { pixel: 'blocked', pixelCause: 'csp' }])
  })

  test('keeps results of a live pixel when it becomes blocked later', () => {
    const page = openPage()
    const converge = startIn(page)
    const heard: string[] = []
    converge.on('event', ({ eventID, status }) => heard.push(`${eventID} ${status}`))
    converge.track('Searched', { q: 'cap' }, { eventID: 'e1' })
    takeOver(page)
    fire(page, 'load')
    violate(page, 'https://analytics.tiktok.com/api/v2/pixel')
    converge.track('Searched', { q: 'cap' }, { eventID: 'e2' })
    expect(heard).toEqual(['e1 success', 'e2 failure'])
  })

  test("becomes live if TikTok's script arrives late", () => {
    const page = openPage()
    const converge = startIn(page)
    const states = statesOf(converge)
    vi.advanceTimersByTime(30_000)
    takeOver(page)
    expect(converge.track('Searched', { q: 'cap' }).status).toBe('success')
    expect(states).toMatchObject([waiting, { pixelCause: 'no_answer' }, live])
    expect(states.at(-1)?.pixelCause).toBeUndefined()
  })

  test('fails the result if it is blocked, but the call is still queued', () => {
    const page = openPage()
    const converge = startIn(page)
    fire(page, 'error')
    expect(converge.track('Searched', { q: 'cap' }, { eventID: 'e1' })).toMatchObject({
      status: 'failure',
      reason: 'pixel_blocked',
      destinationEvents: [{ event: 'Search', via: ['pixel'] }],
    })
    expect(tracked(page)).toEqual([
      ['track', 'Search', { query: 'cap', search_string: 'cap' }, { event_id: 'e1', pixel_code: pixelId }],
    ])
  })

  test('keeps an event skipped that is not meant for the pixel, even if it is blocked', () => {
    const page = openPage()
    const converge = startIn(page, { mapping: { events: { Searched: { event: 'Search', forward: 'server' } } } })
    fire(page, 'error')
    expect(converge.track('Searched', { q: 'cap' })).toMatchObject({ status: 'skipped', reason: 'no_channel' })
  })
})

test('the last 100 events get a final result when the pixel never loads', () => {
  const page = openPage()
  const converge = startIn(page)
  for (let n = 1; n <= 120; n++) converge.track('Searched', {}, { eventID: n })
  const failed: string[] = []
  converge.on('event', ({ eventID, status }) => status === 'failure' && failed.push(eventID))
  fire(page, 'error')
  expect(failed).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 21)))
})
