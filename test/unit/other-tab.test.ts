import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Consent } from '../../src/types.ts'
import { createDevice, type Device } from './device.ts'
import { goLive, openPage, openShop, tracked } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const granted: Consent = { marketing: 'granted' }
const denied: Consent = { marketing: 'denied' }

/** A page whose pixel is live once it may be. */
function open(device: Device, consent: 'require' | 'implied' | 'always_server' | 'always' = 'require') {
  const shop = openShop({ consent }, openPage({ device }))
  const run = () => {
    for (const { run } of shop.page.idle.splice(0)) run()
    if (shop.page.scripts.length) goLive(shop.page)
  }
  return { ...shop, run }
}

type Shop = ReturnType<typeof open>

/** What the browser does in a page when another one of the same origin changes the storage. */
function noticeStorage({ page: { window } }: Shop, key: string | null = 'converge.consent'): void {
  window.dispatchEvent(Object.assign(new window.Event('storage'), { key }))
}

/** What the browser does when it restores a page after Back. It may also show a new page with this event. */
function restore({ page: { window } }: Shop, persisted = true): void {
  window.dispatchEvent(Object.assign(new window.Event('pageshow'), { persisted }))
}

describe.each([
  ['in another tab', noticeStorage],
  ['on a later page, before this page was restored', restore],
])('a decision that was made %s', (_, learn) => {
  test.each(['require', 'implied', 'always_server'] as const)('stops the pixel if it is a denial: %s', (consent) => {
    const device = createDevice()
    const first = open(device, consent)
    first.converge.consent(granted)
    first.run()
    expect(first.track('Searched').status).toBe('success')
    const second = open(device, consent)
    second.converge.consent(denied)
    learn(first)
    const sent = tracked(first.page).length
    expect(first.track('Searched').status).toBe('no_consent')
    expect(tracked(first.page)).toHaveLength(sent)
    expect([...device.stored.keys()]).toEqual(['converge.consent'])
  })

  test('sends the events that were held here if it is a grant, each once', () => {
    const device = createDevice()
    const first = open(device)
    first.run()
    const order = { id: '1001', total_price: 5, currency: 'EUR' }
    expect(first.track('Placed Order', order).status).toBe('no_consent')
    open(device).converge.consent(granted)
    learn(first)
    learn(first)
    first.run()
    expect(tracked(first.page).map(([, name]) => name)).toEqual(['Purchase'])
  })

  test('changes nothing in mode always, or if it is the same', () => {
    const device = createDevice()
    const first = open(device, 'always')
    first.run()
    const states: unknown[] = []
    first.converge.on('state', ({ consent }) => states.push(consent.marketing))
    open(device, 'always').converge.consent(denied)
    learn(first)
    expect(first.track('Searched').status).toBe('success')
    learn(first)
    expect(states).toEqual([undefined, 'denied'])
  })
})

test('a page reads no storage for changes of other keys, or because it is shown for the first time', () => {
  const device = createDevice()
  const first = open(device)
  first.run()
  const before = device.touches.length
  for (const key of ['converge.visitor', 'cart', null]) noticeStorage(first, key)
  restore(first, false)
  expect(device.touches).toHaveLength(before)
})

test('an unreadable decision of another tab is ignored', () => {
  const device = createDevice()
  const first = open(device)
  first.converge.consent(granted)
  first.run()
  for (const text of ['', 'null', '{', '[]', '"denied"', '{"marketing":0}', '{}']) {
    device.stored.set('converge.consent', text)
    noticeStorage(first)
    expect(first.track('Searched').status).toBe('success')
  }
})
