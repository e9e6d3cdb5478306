import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config, Consent, State, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { consentCases, decisions } from '../cases/consent.ts'
import { has, need } from './build.ts'
import { createDevice, type Device } from './device.ts'
import { goLive, identified, openPage, openShop, type Page, queued, tracked } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const relay = 'https://relay.shop.test'
/** The page posts no server copies. */
const noRelay: object = { relay: undefined }
const landing = 'https://www.shop.test/caps?ttclid=E.C.P.click-1'
const order = { id: '1001', total_price: 20, currency: 'EUR', $email: 'jane@example.com' }
const jane = createHash('sha256').update('jane@example.com').digest('hex')
const granted = { analytics: 'granted', marketing: 'granted' } as const
const denied = { analytics: 'denied', marketing: 'denied' } as const

/** A page on which an ad's visitor lands, who was known to TikTok before. */
function land(config: Partial<Config>, device = createDevice(), url = landing) {
  device.cookie = '_ttp=ttp-1'
  const shop = openShop({ ...(has('relay') && { relay }), ...config }, openPage({ device, url }))
  const results: TrackResult[] = []
  const states: State[] = []
  shop.converge.on('event', (result) => results.push(result))
  shop.converge.on('state', (state) => states.push(state))
  return { ...shop, device, results, states }
}

/** Lets everything happen that is not waiting for a time. */
async function settle({ idle }: Page): Promise<void> {
  for (const { run } of idle.splice(0)) run()
  await vi.advanceTimersByTimeAsync(0)
}

/** The keys in the page's storage. */
const keysOf = ({ stored }: Device) =>
  [...stored.keys()]
    .map((key) => key.replace(`converge.${pixelId}.`, '').replace(/^converge\.(consent|visitor)$/, '$1'))
    .sort()

function posted({ posts }: Page) {
  need('relay')
  return posts.flatMap(({ events }) => events)
}
const eventsOf = (page: Page) => tracked(page).map(([, event]) => event)

describe.each(consentCases)('$mode, $said', ({ mode, said, browser, server, result }) => {
  async function open() {
    const shop = land({ consent: mode })
    await settle(shop.page)
    for (const marketing of decisions[said]) {
      shop.converge.consent({ analytics: marketing, marketing })
      await settle(shop.page)
    }
    shop.device.touches.length = 0
    return shop
  }
  const isDecided = said !== 'unknown'
  const wasGranted = isDecided && said !== 'denied'

  test(`the event is ${result.join(': ')}`, async () => {
    if (/sent|bare/.test(server)) need('relay')
    const { page, track } = await open()
    const { status, reason, destinationEvents } = track('Placed Order', order)
    expect([status, reason].filter(Boolean)).toEqual(result)
    const via = [browser === 'sent' && 'pixel', /sent|bare/.test(server) && 'relay'].filter(Boolean)
    expect(destinationEvents.map(({ event, via }) => [event, via])).toEqual(via.length ? [['Purchase', via]] : [])
    await settle(page)
  })

  test(`the browser copy is ${browser}`, async () => {
    const { page, track } = await open()
    track('Placed Order', order)
    await settle(page)
    expect(eventsOf(page)).toEqual(browser === 'sent' ? ['Purchase'] : [])
    if (mode !== 'implied' && browser !== 'sent' && !wasGranted) {
      expect(page.ttq).toBeUndefined()
      expect(page.scripts).toEqual([])
    }
  })

  test(`the server copy is ${server}`, async () => {
    const { page, track } = await open()
    track('Placed Order', order, { profileProperties: { $country_code: 'AT' } })
    await settle(page)
    const consent = isDecided ? (/denied|revoked/.test(said) ? denied : granted) : {}
    const call = { eventName: 'Placed Order', eventID: '1001', consent }
    const visitor = expect.stringMatching(/^[\da-f]{64}$/)
    if (server === 'sent') {
      expect(posted(page)).toMatchObject([
        {
          ...call,
          user: { email: jane, country: 'at' },
          visitor,
          ttclid: 'E.C.P.click-1',
          ttp: 'ttp-1',
          locale: 'en-US',
        },
      ])
    } else if (server === 'bare') {
      const [event, ...others] = posted(page)
      expect(others).toEqual([])
      expect(event).toMatchObject({ ...call, pixel: false })
      expect(event?.user).toStrictEqual({ email: jane, country: 'at' })
      for (const key of ['visitor', 'ttclid', 'ttp', 'locale']) expect(event).not.toHaveProperty(key)
    } else {
      expect(page.posts).toEqual([])
    }
  })

  test('storage and cookies hold only what the decision allows, and nothing else is requested', async () => {
    const { page, device, track } = await open()
    track('Placed Order', order)
    await settle(page)
    if (page.ttq) goLive(page)
    await vi.advanceTimersByTimeAsync(100)
    if (browser === 'sent') {
      expect(keysOf(device)).toEqual([...(isDecided ? ['consent'] : []), 'sent.Placed Order.1001', 'visitor'])
      expect(device.cookie).toContain(`converge.ttclid=E.C.P.click-1`)
    } else {
      // Only the decision may be read and kept. What TikTok left behind is removed.
      const isAllowed = (touch: string) => touch === 'read converge.consent' || /^cookie ttcsid.*max-age=0/.test(touch)
      expect(device.touches.filter((touch) => !isAllowed(touch))).toEqual([])
      expect(keysOf(device)).toEqual(isDecided ? ['consent'] : [])
      expect(device.cookie).toBe('_ttp=ttp-1')
    }
    expect(JSON.stringify([...device.stored])).not.toContain('jane')
  })

  test('a page view, which only the browser sends, follows the rules of the browser copy', async () => {
    const { page, track } = await open()
    const view = () => track('$page_load')
    const [status, reason] = browser === 'sent' ? ['success'] : ['no_consent', isDecided ? 'denied' : 'undecided']
    expect(view()).toMatchObject({ status, reason })
    await settle(page)
    expect(eventsOf(page)).toEqual(browser === 'sent' ? ['Pageview'] : [])
    expect(page.posts).toEqual([])
  })

  if (browser === 'held')
    test('sends held events when the visitor grants consent, without sending the server copy twice', async () => {
      const { page, converge, track, results } = await open()
      track('$page_load')
      track('Placed Order', order)
      await settle(page)
      converge.consent(granted)
      expect(eventsOf(page)).toEqual(['Pageview', 'Purchase'])
      await settle(page)
      expect(posted(page).map(({ eventID }) => eventID)).toEqual(['1001'])
      const final = new Map(results.map((result) => [result.eventName, result]))
      expect(final.get('$page_load')).toMatchObject({ status: 'success', reason: undefined })
      expect(final.get('Placed Order')).toMatchObject({
        status: 'success',
        reason: undefined,
        destinationEvents: [{ event: 'Purchase', via: ['pixel', 'relay'] }],
      })
    })

  if (browser === 'held')
    test('drops held events when the visitor denies consent', async () => {
      const { page, converge, track, results } = await open()
      track('$page_load')
      converge.consent(denied)
      expect(results.at(-1)).toMatchObject({ eventName: '$page_load', status: 'no_consent', reason: 'denied' })
      converge.consent(granted)
      expect(eventsOf(page)).toEqual([])
    })
})

describe('held events', () => {
  test('are the last 100', () => {
    const { page, converge, track } = land({ consent: 'require', ...noRelay })
    for (let n = 1; n <= 120; n++) track('Searched', {}, { eventID: n })
    converge.consent(granted)
    const ids = tracked(page).map(([, , , options]) => Object(options).event_id)
    expect(ids).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 21)))
  })

  test('keep the time at which they were tracked', async () => {
    need('relay')
    const { page, converge, track } = land({ consent: 'require' })
    const time = Date.now()
    track('Placed Order', order)
    await vi.advanceTimersByTimeAsync(60_000)
    converge.consent(granted)
    await settle(page)
    expect(page.posts).toMatchObject([{ sentAt: time + 60_000, events: [{ time }] }])
  })

  test('keep the visitor they belong to, so two persons do not mix', async () => {
    const { page, converge, track } = land({ consent: 'require' })
    track('Searched', {}, { eventID: 'john', profileProperties: { $email: 'john@example.com' } })
    converge.set({ profileProperties: { $email: 'jane@example.com' } })
    track('Searched', {}, { eventID: 'jane' })
    converge.consent(granted)
    await settle(page)
    const john = createHash('sha256').update('john@example.com').digest('hex')
    expect(posted(page).map(({ eventID, user }) => [eventID, user.email])).toEqual([
      ['john', john],
      ['jane', jane],
    ])
  })

  test('are each sent once, no matter how often idle time and decisions come', async () => {
    const { page, converge, track } = land({ consent: 'require' })
    track('Placed Order', order)
    await settle(page)
    converge.consent(granted)
    converge.consent(granted)
    await settle(page)
    expect(eventsOf(page)).toEqual(['Purchase'])
    expect(posted(page)).toHaveLength(1)
  })
})

describe('withdrawn consent', () => {
  async function revoke(consent: 'implied' | 'require') {
    const shop = land({ consent })
    const { page, converge, track } = shop
    converge.consent(granted)
    page.relayStatus = 0
    track('Placed Order', order)
    await settle(page)
    goLive(page)
    await vi.advanceTimersByTimeAsync(100)
    page.window.dispatchEvent(new page.window.Event('pagehide'))
    const kept = keysOf(shop.device)
    const cookies = shop.device.cookie
    page.posts.length = 0
    converge.consent(denied)
    return { ...shop, kept, cookies }
  }

  test.each(['implied', 'require'] as const)('removes every key and cookie of this library: %s', async (mode) => {
    need('relay')
    const { device, kept, cookies } = await revoke(mode)
    expect(kept).toEqual(['consent', expect.stringMatching(/^outbox\./), 'sent.Placed Order.1001', 'visitor'])
    expect(cookies).toContain('ttclid')
    expect(keysOf(device)).toEqual(['consent'])
    expect(device.cookie).toBe('_ttp=ttp-1')
  })

  test('keeps the keys of another pixel and of the shop', async () => {
    const { page, device, converge } = land({ consent: 'implied' })
    device.stored.set('converge.OTHER00000OTHER00000.visitor', '{}')
    device.stored.set('cart', '1')
    await settle(page)
    converge.consent(denied)
    expect(keysOf(device)).toEqual(['cart', 'consent', 'converge.OTHER00000OTHER00000.visitor'])
  })

  test("revokes the pixel's consent and disables its cookie, once", async () => {
    const { page, converge } = await revoke('require')
    converge.consent(denied)
    const methods = queued(page).map(([method]) => method)
    expect(methods.filter((method) => /consent|cookie/i.test(String(method)))).toEqual([
      'disableCookie',
      'revokeConsent',
    ])
  })

  test('drops events that wait for the relay: no further request is sent', async () => {
    const { page, states } = await revoke('require')
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(page.posts).toEqual([])
    expect(states.at(-1)).toMatchObject({ outbox: 0, consent: denied })
  })

  test('stops the server copy of an event from the same task', async () => {
    const { page, converge, track } = land({ consent: 'implied' })
    track('Placed Order', order)
    converge.consent(denied)
    await settle(page)
    expect(page.posts).toEqual([])
  })

  test('under always_server stops granted browser copies, but not server copies that need no grant', async () => {
    const { page, converge, track } = land({ consent: 'always_server' })
    track('Placed Order', order)
    converge.consent(denied)
    track('Searched', {}, { eventID: 'denied' })
    converge.consent(denied)
    await settle(page)
    expect(posted(page).map(({ eventID }) => eventID)).toEqual(['1001', 'denied'])
    converge.consent(granted)
    track('Searched', {}, { eventID: 'granted' })
    converge.consent(denied)
    await settle(page)
    expect(posted(page)).toHaveLength(2)
  })

  test('reports the events that were waiting for the relay', async () => {
    need('relay')
    const { page, converge, track, results } = land({ consent: 'implied', mapping: { mode: 'server_only' } })
    page.relayStatus = 0
    track('Placed Order', order)
    await settle(page)
    expect(results.at(-1)).toMatchObject({ eventID: '1001', status: 'retry' })
    converge.consent(denied)
    expect(results.at(-1)).toMatchObject({ eventID: '1001', status: 'no_consent', reason: 'denied' })
  })

  test('leaves nothing for the next page', async () => {
    const { page, device } = await revoke('require')
    page.close()
    const next = land({ consent: 'require' }, device)
    expect(next.track('Placed Order', order)).toMatchObject({ status: 'no_consent', reason: 'denied' })
    await settle(next.page)
    expect(next.page.posts).toEqual([])
    expect(next.page.ttq).toBeUndefined()
    expect(keysOf(device)).toEqual(['consent'])
  })

  test("sends again after a new grant, without the former visitor's data", async () => {
    const { page, converge, track } = await revoke('require')
    page.relayStatus = 202
    const [former] = identified(page)
    converge.consent(granted)
    expect(track('Placed Order', { ...order, id: '1002', $email: undefined }).status).toBe('success')
    await vi.advanceTimersByTimeAsync(5000)
    expect(eventsOf(page)).toEqual(['Purchase', 'Purchase'])
    const methods = queued(page).map(([method]) => method)
    expect(methods.slice(-4)).toEqual(['enableCookie', 'grantConsent', 'identify', 'track'])
    const external_id = expect.stringMatching(/^[\da-f]{64}$/)
    expect(identified(page)).toEqual([former, { external_id }])
    expect(former).not.toMatchObject(Object(identified(page)[1]))
    expect(posted(page)).toMatchObject([{ eventID: '1002', visitor: external_id }])
    expect(posted(page)[0]?.user).not.toHaveProperty('email')
  })

  test.each<[title: string, decisions: Consent[]]>([
    ['', [denied]],
    [', even if granted again', [denied, granted]],
  ])('drops calls that wait for the next person’s turn%s', async (_, decisions) => {
    const { page, converge, track } = land({ consent: 'implied', ...noRelay })
    track('Searched', {}, { profileProperties: { $email: 'john@example.com' } })
    await settle(page)
    goLive(page)
    await vi.advanceTimersByTimeAsync(100)
    track('Searched', {}, { profileProperties: { $email: 'jane@example.com' } })
    for (const decision of decisions) converge.consent(decision)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(eventsOf(page)).toEqual(['Search'])
    expect(identified(page)).toHaveLength(1)
  })

  test("drops calls that wait for TikTok's script, even if it was not requested yet", () => {
    const { page, converge, track } = land({ consent: 'implied', ...noRelay })
    track('Searched')
    converge.consent(denied)
    converge.consent(granted)
    track('Searched')
    expect(queued(page).map(([method]) => method)).toEqual([
      ...['identify', 'track', 'disableCookie', 'revokeConsent'],
      ...['enableCookie', 'grantConsent', 'identify', 'track'],
    ])
  })

  test.each<[title: string, disableCookie: (() => void) | undefined]>([
    ['knows no disableCookie', undefined],
    [
      'throws',
      () => {
        throw new Error('a wrapper of some other script')
      },
    ],
  ])('never throws, and removes stored data, if the ttq %s', async (_, disableCookie) => {
    const { page, device, converge, track } = land({ consent: 'implied' })
    track('Placed Order', order)
    await settle(page)
    Object.assign(page.ttq, { disableCookie })
    expect(() => converge.consent(denied)).not.toThrow()
    expect(keysOf(device)).toEqual(['consent'])
    expect(() => converge.consent(granted)).not.toThrow()
  })
})

describe('a decision', () => {
  test('is remembered on the next page: a grant sends at once', async () => {
    const { page, device, converge } = land({ consent: 'require' })
    converge.consent(granted)
    page.close()
    const next = land({ consent: 'require' }, device)
    expect(next.track('Placed Order', order).status).toBe('success')
    expect(eventsOf(next.page)).toEqual(['Purchase'])
  })

  test('is part of the state when it comes from storage', async () => {
    const { page, device, converge } = land({ consent: 'require' })
    converge.consent(granted)
    page.close()
    const next = land({ consent: 'require' }, device)
    await settle(next.page)
    expect(next.states.at(-1)).toMatchObject({ pixel: 'waiting', consent: granted })
    expect(next.converge.context().consent).toEqual(granted)
  })

  test('is not stored if the page provides the context', () => {
    const { device, converge } = land({ consent: 'require', context: { url: landing } })
    device.touches.length = 0
    converge.consent(granted)
    expect(device.touches).toEqual([])
  })

  test.each<[title: string, consent: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['no category', {}],
    ['the other category', { analytics: 'granted' }],
    ['no word of ours', { marketing: 'no' }],
    ['a boolean', { marketing: true }],
  ])('that does not grant marketing denies it: %s', (_, consent) => {
    const { page, converge, track } = land({ consent: 'implied', ...noRelay })
    Reflect.apply(converge.consent, converge, [consent])
    expect(track('Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
    expect(tracked(page)).toEqual([])
  })

  test('applies to the current page if storage cannot keep it', () => {
    const device = createDevice()
    device.fault = 'blocked'
    const page = openPage({ device })
    const { converge, track } = openShop({ consent: 'require' }, page)
    converge.consent(granted)
    expect(track('Searched').status).toBe('success')
    converge.consent(denied)
    expect(track('Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
  })

  test.each(['5', 'null', '"granted"', 'not JSON', '{"marketing":1}'])(
    'from unreadable storage content is ignored, or at least grants nothing: %s',
    (text) => {
      const device = createDevice()
      device.stored.set('converge.consent', text)
      const { page, track } = land({ consent: 'require' }, device)
      expect(track('Searched').status).toBe('no_consent')
      expect(page.ttq).toBeUndefined()
    },
  )
})

describe('before consent', () => {
  test('a starting page touches neither storage nor cookies in its first task', () => {
    for (const consent of ['always', 'always_server', 'implied', 'require'] as const) {
      const device = createDevice()
      openShop({ consent, relay }, openPage({ device, url: landing }))
      expect(device.touches, consent).toEqual([])
    }
  })

  test('under require, idle time loads no script and sends no request, and sets no key or cookie', async () => {
    const { page, device, converge, track } = land({ consent: 'require' })
    converge.set({ profileProperties: { $email: 'jane@example.com' } })
    track('$page_load')
    await settle(page)
    await vi.advanceTimersByTimeAsync(60_000)
    page.window.dispatchEvent(new page.window.Event('pagehide'))
    expect(page.scripts).toEqual([])
    expect(page.ttq).toBeUndefined()
    expect(page.posts).toEqual([])
    expect(keysOf(device)).toEqual([])
    expect(device.cookie).toBe('_ttp=ttp-1')
  })

  test('under always_server, a failing relay keeps its events in memory only', async () => {
    need('relay')
    const { page, device, track } = land({ consent: 'always_server' })
    page.relayStatus = 0
    expect(track('Placed Order', order)).toMatchObject({ status: 'success', reason: 'undecided' })
    await settle(page)
    page.window.dispatchEvent(new page.window.Event('pagehide'))
    expect(keysOf(device)).toEqual([])
    page.relayStatus = 202
    await vi.advanceTimersByTimeAsync(2000)
    expect(posted(page).map(({ eventID }) => eventID)).toEqual(['1001', '1001'])
  })

  test('under always_server, visitor data from set() is not stored or sent', async () => {
    const { page, converge, track } = land({ consent: 'always_server' })
    converge.set({ profileProperties: { $email: 'jane@example.com' } })
    track('Searched')
    await settle(page)
    expect(posted(page)[0]?.user).toStrictEqual({})
  })

  test('context() contains no click ID, cookie or visitor ID', () => {
    const { converge } = land({ consent: 'require' })
    expect(converge.context()).toEqual({
      url: landing,
      userAgent: expect.stringMatching(/./),
      consent: {},
    })
  })
})

describe('Global Privacy Control', () => {
  function open(config: Partial<Config>, navigator: object = { globalPrivacyControl: true }) {
    const page = openPage()
    Object.assign(page.window.navigator, navigator)
    return openShop({ load: 'immediate', ...config }, page)
  }
  const limited = ({ ttq }: Page) => ttq._o[pixelId]?.limited_data_use

  test('turns on limited data use by default', () => {
    const { page, track } = open({})
    expect(track('Searched').status).toBe('success')
    expect(limited(page)).toBe(true)
  })

  test.each([false, undefined, 'true', 1])('counts only if the value is true: %s', (value) => {
    expect(limited(open({}, { globalPrivacyControl: value }).page)).toBe(false)
  })

  test('has no effect if the config ignores it', () => {
    expect(limited(open({ gpc: 'ignore' }).page)).toBe(false)
    expect(limited(open({ gpc: 'ignore', limitedDataUse: true }).page)).toBe(true)
  })

  test.each(['implied', 'require'] as const)('counts as a denial if the config says so: %s', (consent) => {
    const { page, track } = open({ gpc: 'deny', consent })
    expect(track('Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
    expect(page.ttq).toBeUndefined()
  })

  test('reports a denial in context(), so that a webhook does not send either', () => {
    expect(open({ gpc: 'deny', consent: 'implied' }).converge.context().consent).toEqual({ marketing: 'denied' })
    expect(open({ consent: 'implied' }).converge.context().consent).toEqual({})
  })

  test("is overridden by the visitor's own decision", () => {
    const { page, converge, track } = open({ gpc: 'deny', consent: 'require' })
    converge.consent(granted)
    expect(track('Searched').status).toBe('success')
    expect(tracked(page)).toHaveLength(1)
  })
})

test('a pixel that goes live after the denial has its cookies and keys removed again', async () => {
  const { page, device, converge, track } = land({ consent: 'implied', load: 'immediate' })
  track('Searched')
  converge.consent(denied)
  device.touches.length = 0
  goLive(page)
  await vi.advanceTimersByTimeAsync(1000)
  expect(device.touches.filter((touch) => /^cookie ttcsid/.test(touch))).toEqual(
    expect.arrayContaining([expect.stringContaining('max-age=0'), expect.stringContaining(`ttcsid_${pixelId}=`)]),
  )
})
