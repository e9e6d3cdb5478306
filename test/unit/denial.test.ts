import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startConverge } from '../../src/browser/start.ts'
import type { Config, Consent } from '../../src/types.ts'
import { need } from './build.ts'
import { createDevice } from './device.ts'
import { noParts, openPage, openShop, type Page } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const denied: Consent = { marketing: 'denied' }
const granted: Consent = { marketing: 'granted' }
const hex = 'ab'.repeat(32)

async function run({ idle }: Page): Promise<void> {
  for (const { run } of idle.splice(0)) run()
  await vi.advanceTimersByTimeAsync(0)
}

/** A page whose forwarder accepts denials. */
function open(config: Partial<Config> = {}, device = createDevice()) {
  need('relay')
  return { ...openShop({ relay: '/relay', denials: true, ...config }, openPage({ device })), device }
}

const denialsIn = ({ posts }: Page) => posts.flatMap(({ denied }) => denied ?? [])

/** A visitor who has granted consent, and has one event at the forwarder. */
async function visit(config: Partial<Config> = {}, device = createDevice()) {
  const shop = open(config, device)
  shop.converge.consent(granted)
  shop.track('Searched')
  await run(shop.page)
  const visitor = shop.page.posts[0]?.events[0]?.visitor
  shop.page.posts.length = 0
  shop.page.requests.length = 0
  return { ...shop, visitor }
}

describe('a denial', () => {
  test.each(['require', 'implied', 'always_server'] as const)(
    'is posted once, with the visitor’s ID, in a request that outlives the page: %s',
    async (consent) => {
      const { page, converge, visitor, device } = await visit({ consent })
      expect(visitor).toMatch(/^[\da-f]{64}$/)
      converge.consent(denied)
      expect(page.posts).toStrictEqual([{ v: 1, sentAt: Date.now(), events: [], denied: { visitor } }])
      expect(page.requests).toMatchObject([
        { url: 'https://www.shop.test/relay/events', options: { method: 'POST', keepalive: true } },
      ])
      expect([...device.stored.keys()]).toEqual(['converge.consent'])
      converge.consent(denied)
      converge.set({ profileProperties: { $email: 'jane@example.com' } })
      converge.consent({})
      await vi.advanceTimersByTimeAsync(3_600_000)
      expect(page.posts).toHaveLength(1)
    },
  )

  test('names the visitor of an earlier page', async () => {
    const { page, device, visitor } = await visit({ consent: 'require' })
    page.close()
    const next = open({ consent: 'require' }, device)
    next.converge.consent(denied)
    expect(denialsIn(next.page)).toEqual([{ visitor }])
  })

  test('names the visitor of the cookie if storage has none', async () => {
    const device = createDevice()
    device.cookie = `converge.visitor=${hex}.1790000000000`
    const { page, converge } = open({ consent: 'require' }, device)
    converge.consent(denied)
    expect(denialsIn(page)).toEqual([{ visitor: hex }])
    expect(device.cookie).toBe('')
  })

  test('names the visitor of a sandboxed page', () => {
    const { page, converge } = open({ consent: 'require', context: { visitor: hex } })
    converge.consent(denied)
    expect(denialsIn(page)).toEqual([{ visitor: hex }])
  })

  test('is posted to the forwarder of each pixel', async () => {
    const { page, converge, visitor } = await visit({ consent: 'require' })
    const other: Config = { pixelId: 'OTHER00000OTHER00000', relay: '/other', consent: 'require', denials: true }
    startConverge(other, page.window, noParts)
    converge.consent(denied)
    expect(page.requests.map(({ url }) => url)).toEqual([
      'https://www.shop.test/relay/events',
      'https://www.shop.test/other/events',
    ])
    expect(denialsIn(page)).toEqual([{ visitor }, { visitor }])
  })

  test('is posted if a second pixel has a consent mode under which the former decision denies', async () => {
    const { page, converge, visitor } = await visit({ consent: 'always' })
    converge.consent(denied)
    expect(page.posts).toEqual([])
    startConverge({ pixelId: 'OTHER00000OTHER00000', consent: 'implied' }, page.window, noParts)
    expect(denialsIn(page)).toEqual([{ visitor }])
  })

  test('by Global Privacy Control, turned on since an earlier page, is posted once, and erases what that page kept', async () => {
    const gpc: Partial<Config> = { consent: 'implied', gpc: 'deny' }
    const first = open(gpc)
    first.track('Searched')
    await run(first.page)
    const visitor = first.page.posts[0]?.events[0]?.visitor
    first.page.close()
    for (const count of [1, 0]) {
      const page = openPage({ device: first.device })
      Object.assign(page.window.navigator, { globalPrivacyControl: true })
      openShop({ relay: '/relay', denials: true, ...gpc }, page)
      await run(page)
      expect(denialsIn(page)).toEqual(Array(count).fill({ visitor }))
      expect([...first.device.stored.keys()]).toEqual([])
    }
  })

  test('of a visitor who grants and denies again names the new ID', async () => {
    const { page, converge, track, visitor } = await visit({ consent: 'require' })
    converge.consent(denied)
    converge.consent(granted)
    track('Searched')
    await run(page)
    const [event] = page.posts.flatMap(({ events }) => events)
    expect(event?.visitor).not.toBe(visitor)
    converge.consent(denied)
    expect(denialsIn(page)).toEqual([{ visitor }, { visitor: event?.visitor }])
  })
})

describe('no denial is posted', () => {
  test.each<[title: string, config: Partial<Config>]>([
    ['to a forwarder that does not accept denials', { denials: false }],
    ['in the mode `always`, in which a denial changes nothing', { consent: 'always' }],
  ])('%s', async (_, config) => {
    const { page, converge } = await visit({ consent: 'require', ...config })
    converge.consent(denied)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(page.posts).toEqual([])
  })

  test.each(['require', 'implied', 'always_server'] as const)('if the visitor was never known: %s', async (consent) => {
    const { page, converge } = open({ consent })
    converge.consent(denied)
    await run(page)
    expect(page.posts).toEqual([])
  })

  test('while the config is paused, even if an earlier page knew the visitor', async () => {
    const { page, device } = await visit({ consent: 'require' })
    page.close()
    const next = open({ consent: 'require', paused: true }, device)
    next.converge.consent(denied)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(next.page.posts).toEqual([])
  })

  test('if a second pixel waits for a decision that the first one did not need', async () => {
    const { page, track } = open({ consent: 'implied' })
    track('Searched')
    await run(page)
    startConverge({ pixelId: 'OTHER00000OTHER00000', consent: 'require' }, page.window, noParts)
    expect(denialsIn(page)).toEqual([])
  })

  test('by the pages after the denial', async () => {
    const { page, converge, device } = await visit({ consent: 'require' })
    converge.consent(denied)
    page.close()
    const next = open({ consent: 'require' }, device)
    next.track('Searched')
    await run(next.page)
    next.converge.consent(denied)
    expect(next.page.posts).toEqual([])
  })
})

describe('a denial that does not arrive', () => {
  test.each([0, 503, 429])('is tried three more times: status %i', async (status) => {
    const { page, converge, visitor } = await visit({ consent: 'require' })
    const states: unknown[] = []
    converge.on('state', ({ relay }) => states.push(relay))
    page.relayStatus = status
    converge.consent(denied)
    const start = Date.now()
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(page.posts.map(({ sentAt }) => sentAt - start)).toEqual([0, 1000, 3000, 7000])
    expect(denialsIn(page)).toEqual(Array(4).fill({ visitor }))
    expect(new Set(states)).toEqual(new Set(['ready']))
  })

  test('is not tried again once it has arrived', async () => {
    const { page, converge } = await visit({ consent: 'require' })
    page.relayStatus = 0
    converge.consent(denied)
    await vi.advanceTimersByTimeAsync(500)
    page.relayStatus = 202
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(page.posts).toHaveLength(2)
  })

  test('because the forwarder refuses it, as an older one does, is not tried again and does not stop later events', async () => {
    const { page, converge, track } = await visit({ consent: 'require' })
    page.relayStatus = 400
    converge.consent(denied)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(page.posts).toHaveLength(1)
    page.relayStatus = 202
    converge.consent(granted)
    expect(track('Searched')).toMatchObject({ status: 'success' })
    await run(page)
    expect(page.posts).toHaveLength(2)
    converge.on('state', (state) => expect(state.relay).toBe('ready'))
  })
})
