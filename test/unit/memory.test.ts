import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { pageOf } from '../../src/browser/page.ts'
import { fillWindowConverge } from '../../src/browser/window-converge.ts'
import type { Config, ConvergeGlobal } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { createDevice } from './device.ts'
import { goLive, noParts, openPage, openShop, type Page } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** How many entries the page half keeps: the properties of every object that its page leads to, and the elements of every list. */
function countKept({ window }: Page): number {
  const seen = new Set<unknown>([window])
  function count(value: unknown): number {
    if (typeof value !== 'object' || value === null || seen.has(value)) return 0
    seen.add(value)
    const parts: unknown[] = Object.values(value)
    return parts.length + parts.map(count).reduce((sum, one) => sum + one, 0)
  }
  return count(pageOf(window, { pixelId }))
}

const item = { product_id: 'P1', name: 'Cap', price: 19.9, quantity: 1 }
const calls: Record<string, (index: number) => unknown[]> = {
  'events without an ID': () => ['Added To Cart', item],
  'events with an ID of the caller': (index) => ['Added To Cart', item, { eventID: `e${index}` }],
  orders: (index) => ['Placed Order', { id: `order ${index}`, total_price: 5, currency: 'EUR' }],
  'events of many persons': (index) => [
    'Added To Cart',
    item,
    { profileProperties: { $email: `p${index}@example.com` } },
  ],
}
const configs: Record<string, Partial<Config>> = {
  'a live pixel': {},
  'a relay': { relay: '/relay' },
  'a relay that is down': { relay: '/down' },
  'an undecided visitor': { consent: 'require' },
}

describe.each(Object.entries(configs))('with %s', (title, config) => {
  test.each(Object.entries(calls))('memory does not grow with thousands of calls: %s', async (_, callOf) => {
    const page = openPage()
    page.relayStatus = config.relay === '/down' ? 503 : 202
    const { track, converge } = openShop({ load: 'immediate', ...config }, page)
    if (title === 'a live pixel') goLive(page)
    const counts: number[] = []
    let index = 0
    for (const most of [400, 1200]) {
      for (; index < most; index++) {
        converge.set({ eventProperties: { step: index } })
        track(...callOf(index))
        if (index % 20 === 0) await vi.advanceTimersByTimeAsync(10_000)
      }
      counts.push(countKept(page))
    }
    // The last event may have more properties than the one before, and not more.
    expect(counts[1]).toBeLessThan(Number(counts[0]) + 200)
  })
})

test('a later pixel gets the shared values, however often they were set', () => {
  const page = openPage()
  const converge: Partial<ConvergeGlobal> = {}
  fillWindowConverge(page.window, converge, { config: { pixelId } }, noParts)
  let reads = 0
  for (let index = 0; index < 100; index++) {
    const eventProperties = {
      get step() {
        reads++
        return index
      },
    }
    converge.set({ eventProperties })
  }
  const readsBefore = reads
  converge.init({ pixelId: 'OTHER00000OTHER00000' })
  const seen: unknown[] = []
  converge.on('event', (_, event) => seen.push(event.properties.step))
  converge.track('Searched')
  expect(seen).toEqual([99, 99])
  expect(reads).toBe(readsBefore)
})

describe('storage', () => {
  const write = 'write converge.'
  const order = (id: string) => ['Placed Order', { id, total_price: 5, currency: 'EUR', $email: 'jane@example.com' }]

  test('is not touched before idle time, with any config', () => {
    const page = openPage({ device: createDevice() })
    openShop({ pageLoads: 'auto', consent: 'require', relay: '/relay', gpc: 'deny' }, page)
    expect(page.device.touches).toEqual([])
    page.idle[0]?.run()
    expect(page.device.touches).not.toEqual([])
  })

  test.each([undefined, '/relay'])(
    'is read once and written once for an order of a known visitor: relay %s',
    async (relay) => {
      const page = openPage()
      const { track } = openShop({ load: 'immediate', ...(relay && { relay }) }, page)
      goLive(page)
      track(...order('1'))
      await vi.advanceTimersByTimeAsync(100)
      page.device.touches.length = 0
      expect(track(...order('2'))).toMatchObject({ status: 'success' })
      await vi.advanceTimersByTimeAsync(100)
      const key = `converge.${pixelId}.sent.Placed Order.2`
      expect(page.device.touches.filter((touch) => touch !== 'cookie')).toEqual([`read ${key}`, `write ${key}`])
    },
  )

  test('is not touched by later events of a known visitor', async () => {
    const page = openPage()
    const { track } = openShop({ load: 'immediate', relay: '/relay' }, page)
    track('Viewed Product', item)
    await vi.advanceTimersByTimeAsync(100)
    page.device.touches.length = 0
    for (let index = 0; index < 10; index++) track('Added To Cart', item)
    await vi.advanceTimersByTimeAsync(100)
    expect(page.device.touches.filter((touch) => touch !== 'cookie')).toEqual([])
  })

  test('is read once and written once for a new visitor', () => {
    const page = openPage()
    const { track } = openShop({}, page)
    track('Viewed Product', item)
    const { touches } = page.device
    expect(touches.filter((touch) => touch.startsWith(write))).toEqual(['write converge.visitor'])
    expect(touches.filter((touch) => touch.startsWith('read'))).toEqual([
      'read converge.consent',
      'read converge.visitor',
    ])
  })
})
