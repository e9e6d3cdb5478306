import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../src/types.ts'
import { need, relayIfAny } from './build.ts'
import { createDevice, type Device } from './device.ts'
import { openPage, openShop, type Page } from './page.ts'

beforeEach(() => vi.useFakeTimers({ now: 1_790_000_000_000 }))
afterEach(() => vi.useRealTimers())

const shop = 'https://www.shop.test/'
const landing = `${shop}?ttclid=E.C.P.1`
const hex = expect.stringMatching(/^[\da-f]{64}$/)
const [cookieId, storedId] = ['ab'.repeat(32), 'cd'.repeat(32)]
const time = '.1789999999999'
const granted = { marketing: 'granted' } as const
const denied = { marketing: 'denied' } as const

async function run({ idle }: Page): Promise<void> {
  for (const { run } of idle.splice(0)) run()
  await vi.advanceTimersByTimeAsync(0)
}

interface Visit {
  url?: string
  device?: Device
  config?: Partial<Config>
}

/** A page of a shop whose forwarder keeps cookies. */
function visit({ config, url = shop, device = createDevice() }: Visit = {}) {
  const page = openPage({ url, device })
  return { ...openShop({ ...relayIfAny, domain: 'shop.test', cookies: true, ...config }, page), device }
}

const eventsOf = ({ posts }: Page) => posts.flatMap(({ events }) => events)
const written = ({ touches }: Device) => touches.filter((touch) => touch.startsWith('cookie '))

describe('a post to a forwarder that keeps cookies', () => {
  test('has credentials, and names the visitor’s ID and the click ID', async () => {
    need('relay')
    const { page, track } = visit({ url: landing })
    track('Searched')
    await run(page)
    const [batch] = page.posts
    expect(batch?.cookies).toEqual({ visitor: batch?.events[0]?.visitor, ttclid: 'E.C.P.1' })
    expect(page.requests).toMatchObject([{ options: { credentials: 'include' } }])
  })

  test.each<[title: string, config: Partial<Config>]>([
    ['the forwarder keeps no cookies', { cookies: false }],
    ['it is a sandboxed page with a context', { context: { visitor: cookieId } }],
  ])('has neither if %s', async (_, config) => {
    need('relay')
    const { page, track } = visit({ config })
    track('Searched')
    await run(page)
    expect(page.posts).toHaveLength(1)
    expect(page.posts[0]).not.toHaveProperty('cookies')
    expect(page.requests[0]?.options).not.toHaveProperty('credentials')
  })

  test('has neither if the page has an opaque origin, which no forwarder accepts with credentials', async () => {
    need('relay')
    const { page, track } = visit()
    Object.defineProperty(page.window, 'origin', { value: 'null' })
    track('Searched')
    await run(page)
    expect(page.posts[0]).not.toHaveProperty('cookies')
    expect(page.requests[0]?.options).not.toHaveProperty('credentials')
  })

  test('names nothing before a grant', async () => {
    need('relay')
    const { page, converge, track } = visit({ url: landing, config: { consent: 'always_server' } })
    track('Searched')
    await run(page)
    expect(page.posts[0]).not.toHaveProperty('cookies')
    converge.consent(granted)
    track('Searched')
    await run(page)
    expect(page.posts.at(-1)?.cookies).toEqual({ visitor: hex, ttclid: 'E.C.P.1' })
  })

  test('names the current visitor, even if it posts the events of a former one', async () => {
    need('relay')
    const { page, converge, track } = visit()
    page.relayStatus = 0
    track('Searched', {}, { profileProperties: { $email: 'jane@example.com' } })
    await run(page)
    converge.set({ profileProperties: null })
    page.relayStatus = 202
    await vi.advanceTimersByTimeAsync(2000)
    const batch = page.posts.at(-1)
    expect(batch?.cookies?.visitor).toEqual(hex)
    expect(batch?.cookies?.visitor).not.toBe(batch?.events[0]?.visitor)
  })
})

describe('the click ID’s cookie', () => {
  test.each([
    ['that the forwarder has set is not written again', `converge.ttclid=E.C.P.1${time}`, 0],
    [
      'that a script has set is not written again, so that it ends 30 days after the click',
      'converge.ttclid=E.C.P.1',
      0,
    ],
    ['of another click is replaced', `converge.ttclid=E.C.P.2${time}`, 1],
    ['whose click ID only starts alike is replaced', `converge.ttclid=E.C.P.12${time}`, 1],
  ])('%s', async (_, cookie, count) => {
    const device = createDevice()
    device.cookie = cookie
    device.touches.length = 0
    const { page } = visit({ url: landing, device })
    await run(page)
    expect(written(device)).toHaveLength(count)
  })

  test('is read without the time that the forwarder appends', async () => {
    const device = createDevice()
    device.cookie = `converge.ttclid=E.C.P.1${time}`
    const { converge } = visit({ device })
    expect(converge.context().ttclid).toBe('E.C.P.1')
  })

  test('may be given to a sandboxed page as it is', () => {
    const context = { ttclid: `E.C.P.1${time}`, visitor: cookieId }
    expect(visit({ config: { context } }).converge.context()).toMatchObject({ ttclid: 'E.C.P.1', visitor: cookieId })
  })
})

describe('the visitor’s cookie', () => {
  function deviceWith(cookie: string, id?: string): Device {
    need('relay')
    const device = createDevice()
    device.cookie = cookie
    if (id) device.stored.set('converge.visitor', JSON.stringify({ id, until: Date.now() + 1000 }))
    return device
  }

  test.each([
    ['is the visitor’s ID if storage was emptied', `converge.visitor=${cookieId}${time}`, undefined, cookieId],
    ['is replaced by the one in storage', `converge.visitor=${cookieId}${time}`, storedId, storedId],
    ['that is empty is ignored', 'converge.visitor=', undefined, hex],
    ['of another name is ignored', `xconverge.visitor=${cookieId}`, undefined, hex],
    ['that is no ID still becomes one', 'converge.visitor=jane@example.com', undefined, hex],
  ])('%s', (_, cookie, stored, id) => {
    const { converge, device } = visit({ device: deviceWith(cookie, stored) })
    expect(converge.context().visitor).toEqual(id)
    expect(JSON.parse(device.stored.get('converge.visitor') ?? '{}')).toMatchObject({ id })
  })

  test('is never written by the script, except to delete it', async () => {
    const { page, converge, track, device } = visit({ url: landing })
    track('Searched', {}, { profileProperties: { $email: 'jane@example.com' } })
    await run(page)
    converge.set({ profileProperties: null })
    for (const touch of written(device)) expect(touch).not.toMatch(/^cookie converge\.visitor=[^;]/)
  })

  test('is not read before a grant', async () => {
    const device = deviceWith(`converge.visitor=${cookieId}${time}`)
    device.touches.length = 0
    const { page, converge, track } = visit({ device, config: { consent: 'require' } })
    track('Searched')
    await run(page)
    expect(device.touches.filter((touch) => touch.startsWith('cookie'))).toEqual([])
    converge.consent(granted)
    expect(converge.context().visitor).toBe(cookieId)
  })

  test.each<[title: string, replace: object]>([
    ['set({ profileProperties: null })', { profileProperties: null }],
    ['another person', { profileProperties: { $email: 'john@example.com' } }],
  ])('is deleted by %s, which does not delete the click ID’s', async (_, replace) => {
    const device = deviceWith(`converge.visitor=${cookieId}${time}`)
    const { page, converge, track } = visit({ url: landing, device })
    track('Searched', {}, { profileProperties: { $email: 'jane@example.com' } })
    await run(page)
    expect(converge.context().visitor).toBe(cookieId)
    converge.set(replace)
    expect(device.cookie).toBe('converge.ttclid=E.C.P.1')
  })

  test.each<[title: string, replace: object]>([
    ['set({ profileProperties: null })', { profileProperties: null }],
    ['another person', { profileProperties: { $email: 'john@example.com' } }],
  ])('that an answer sets again after %s is not used, neither by this page nor by the next', async (_, replace) => {
    need('relay')
    const { page, converge, track, device } = visit()
    track('Searched', {}, { profileProperties: { $email: 'jane@example.com' } })
    await run(page)
    const former = eventsOf(page)[0]?.visitor
    converge.set(replace)
    device.cookie = `converge.visitor=${former}.${Date.now()}`
    const next = visit({ device })
    next.track('Searched')
    track('Searched')
    await Promise.all([run(page), run(next.page)])
    const [, later] = eventsOf(page)
    expect(later?.visitor).toEqual(hex)
    expect(later?.visitor).not.toBe(former)
    expect(eventsOf(next.page)).toMatchObject([{ visitor: later?.visitor }])
    expect(page.posts.at(-1)?.cookies?.visitor).toBe(later?.visitor)
  })

  test('and the click ID’s, which an answer sets after a denial, are deleted', async () => {
    need('relay')
    const { page, converge, track, device } = visit({ url: landing, config: { consent: 'implied' } })
    let answer = () => {}
    page.relayIsReady = new Promise<void>((resolve) => {
      answer = resolve
    })
    track('Searched')
    await run(page)
    converge.consent(denied)
    expect(device.cookie).toBe('')
    device.cookie = `converge.visitor=${cookieId}${time}`
    device.cookie = `converge.ttclid=E.C.P.1${time}`
    answer()
    await vi.advanceTimersByTimeAsync(0)
    expect(device.cookie).toBe('')
  })
})
