// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LoadPart } from '../../src/browser/start.ts'
import { startConverge } from '../../src/browser/start.ts'
import { createConverge } from '../../src/create-converge.ts'
import { pixelId } from '../cases/case.ts'
import { openPage, openShop, tracked } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('the same pixel ID again returns the first instance, whatever else the config contains', () => {
  const converge = createConverge({ pixelId })
  expect(createConverge({ pixelId, contentId: 'sku' })).toBe(converge)
  expect(createConverge({ pixelId: 'OTHER00000OTHER00000' })).not.toBe(converge)
})

test('a refused config is not remembered', () => {
  const twice = { pixelId: 'TWICE00000TWICE00000' }
  expect(() => createConverge({ ...twice, contentId: Object('id') })).toThrow()
  expect(createConverge(twice).track('Searched').status).toBe('success')
})

test('an event contains its page for filters, unless the call sets other values', () => {
  const { converge, track } = openShop()
  const heard = vi.fn()
  converge.on('event', heard)
  track('Searched', { referrer: 'https://search.test/' })
  expect(heard.mock.lastCall?.[1].properties).toEqual({
    $url: 'https://www.shop.test/caps?color=red',
    $sales_channel_type: 'web',
    $source: 'web',
    referrer: 'https://search.test/',
  })
})

test('generated IDs are unique per page', () => {
  const pages = [openShop(), openShop()]
  const ids = pages.flatMap(({ track }) => Array.from({ length: 100 }, () => track('Searched').eventID))
  expect(new Set(ids).size).toBe(200)
})

test("on('event') reports every decision, with the event as it was read", () => {
  const { converge, track } = openShop()
  const heard = vi.fn()
  converge.on('event', heard)
  const result = track('Unknown', { total_price: '1' })
  expect(heard.mock.calls).toEqual([
    [
      result,
      { eventName: 'Unknown', eventID: result.eventID, properties: expect.objectContaining({ total_price: '1' }) },
    ],
  ])
})

test("on('event') starts with the last 50 decisions, the oldest first", () => {
  const { converge, track } = openShop()
  for (let n = 1; n <= 60; n++) track('Searched', {}, { eventID: n })
  const heard: string[] = []
  converge.on('event', ({ eventID }) => heard.push(eventID))
  expect(heard).toEqual(Array.from({ length: 50 }, (_, index) => String(index + 11)))
})

test('a listener that throws causes a console.error, and the other listeners and the call continue', () => {
  const error = vi.spyOn(console, 'error').mockReturnValue()
  const { page, converge, track } = openShop()
  const fault = new Error("the page's")
  const heard = vi.fn()
  converge.on('event', () => {
    throw fault
  })
  converge.on('event', heard)
  expect(track('Searched').status).toBe('success')
  expect(heard).toHaveBeenCalledOnce()
  expect(tracked(page)).toHaveLength(1)
  expect(error.mock.calls).toEqual([[fault]])
  error.mockRestore()
})

test('an unsubscribed listener gets no more calls, and others do', () => {
  const { converge, track } = openShop()
  const [stopped, other] = [vi.fn(), vi.fn()]
  const stop = converge.on('event', stopped)
  converge.on('event', other)
  track('Searched')
  stop()
  stop()
  track('Searched')
  expect(stopped).toHaveBeenCalledOnce()
  expect(other).toHaveBeenCalledTimes(2)
})

test('an unknown type for on() never throws', () => {
  const { converge } = openShop()
  expect(() => Reflect.apply(converge.on, converge, ['weather', () => {}])).not.toThrow()
})

test.each(['client', 'client_and_server'] as const)(
  'a row that is forwarded to the %s is sent by the pixel',
  (forward) => {
    const { track } = openShop({ mapping: { events: { Searched: { event: 'Search', forward } } } })
    expect(track('Searched').destinationEvents).toMatchObject([{ event: 'Search', via: ['pixel'] }])
  },
)

const fault = new Error('no such part')
const thrower = () => {
  throw fault
}

test.each<[title: string, loadPart: LoadPart]>([
  ['has no URL', thrower],
  ['does not load', () => Promise.reject(fault)],
  ['throws when it starts', () => Promise.resolve({ start: thrower })],
])('a part that %s causes a console.error, and the pixel still works', async (_, loadPart) => {
  const error = vi.spyOn(console, 'error').mockReturnValue()
  const rejected = vi.fn()
  process.on('unhandledRejection', rejected)
  const converge = startConverge({ pixelId, consentFrom: ['google'] }, openPage().window, loadPart)
  expect(converge.track('Searched').status).toBe('success')
  vi.useRealTimers()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', rejected)
  expect(rejected).not.toHaveBeenCalled()
  expect(error.mock.calls).toEqual([[fault]])
  error.mockRestore()
})
