import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { createDevice, type Device } from './device.ts'
import { goLive, openPage, openShop, tracked } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const day = 86_400_000
const prefix = `converge.${pixelId}.`
const sentKeys = ({ stored }: Device) => [...stored.keys()].filter((key) => key.startsWith(`${prefix}sent.`))

/** Opens a page of the visitor's, tracks in it, and closes it. */
async function visit(
  device: Device,
  call: unknown[],
  {
    config = {},
    becomesLive = false,
    relayStatus = 202,
  }: { config?: Partial<Config>; becomesLive?: boolean; relayStatus?: number } = {},
): Promise<TrackResult> {
  const page = openPage({ device })
  page.relayStatus = relayStatus
  const result = openShop({ load: 'immediate', ...config }, page).track(...call)
  if (becomesLive && page.ttq) goLive(page)
  await vi.advanceTimersByTimeAsync(100)
  page.close()
  return result
}

const sent = { status: 'success', reason: undefined }
const repeated = { status: 'skipped', reason: 'already_sent', destinationEvents: [] }
const live = { becomesLive: true }

describe.each(['Placed Order', 'Started Subscription'])('%s', (eventName) => {
  const call = [eventName, { id: '1001', total_price: 5, currency: 'EUR' }]

  test('is sent once, on any number of pages', async () => {
    const device = createDevice()
    expect(await visit(device, call, live)).toMatchObject(sent)
    expect(await visit(device, call, live)).toMatchObject(repeated)
    expect(await visit(device, call, live)).toMatchObject(repeated)
  })

  test('is sent again under another ID', async () => {
    const device = createDevice()
    await visit(device, call, live)
    expect(await visit(device, [eventName, { id: '1002' }], live)).toMatchObject(sent)
  })

  test('is not marked as sent if the page was closed before the pixel was live', async () => {
    const device = createDevice()
    const first = await visit(device, call)
    expect(first).toMatchObject(sent)
    expect(sentKeys(device)).toEqual([])
    expect(await visit(device, call, live)).toMatchObject({ ...sent, eventID: first.eventID })
    expect(await visit(device, call, live)).toMatchObject(repeated)
  })

  test('is marked as sent once the relay has acknowledged it, whatever the pixel did', async () => {
    const device = createDevice()
    const config = { relay: '/relay' }
    expect(await visit(device, call, { config })).toMatchObject(sent)
    expect(await visit(device, call, { config })).toMatchObject(repeated)
  })

  test.each([0, 503, 404])('is not marked as sent if the relay answered %s', async (relayStatus) => {
    const device = createDevice()
    await visit(device, call, { config: { relay: '/relay' }, relayStatus })
    expect(sentKeys(device)).toEqual([])
    expect(await visit(device, call)).toMatchObject(sent)
  })
})

test('two different events may have the same ID', async () => {
  const device = createDevice()
  await visit(device, ['Placed Order', { id: '1' }], live)
  expect(await visit(device, ['Started Subscription', { id: '1' }], live)).toMatchObject(sent)
})

test('an order that was filtered or had no consent is not marked as sent', async () => {
  const device = createDevice()
  const order = ['Placed Order', { id: '1' }]
  const filters: Config['filters'] = [{ event: '*', any: [{ property: 'x', operator: 'is_set' }] }]
  expect(await visit(device, order, { ...live, config: { filters } })).toMatchObject({ status: 'filtered' })
  expect(await visit(device, order, { ...live, config: { consent: 'require' } })).toMatchObject({
    status: 'no_consent',
  })
  expect(await visit(device, order, live)).toMatchObject(sent)
})

test('a pixel that goes live late marks its orders as sent', async () => {
  const device = createDevice()
  const page = openPage({ device })
  const { converge, track } = openShop({ load: 'immediate' }, page)
  track('Placed Order', { id: '1' })
  await vi.advanceTimersByTimeAsync(30_000)
  goLive(page)
  track('Searched')
  expect(sentKeys(device)).toEqual([`${prefix}sent.Placed Order.1`])
  const results: TrackResult[] = []
  converge.on('event', (result) => results.push(result))
  expect(results.filter(({ eventName }) => eventName === 'Placed Order').at(-1)).toMatchObject(sent)
})

test("an order that waits for another person's turn is not marked as sent before", async () => {
  const device = createDevice()
  const order = ['Placed Order', { id: '1', $email: 'jane@example.com' }]
  const page = openPage({ device })
  const { track } = openShop({ load: 'immediate' }, page)
  goLive(page)
  track('Searched', {}, { profileProperties: { $email: 'john@example.com' } })
  track(...order)
  await vi.advanceTimersByTimeAsync(900)
  page.close()
  const next = openPage({ device })
  expect(openShop({ load: 'immediate' }, next).track(...order)).toMatchObject(sent)
  goLive(next)
  await vi.advanceTimersByTimeAsync(5000)
  next.close()
  expect(await visit(device, order)).toMatchObject(repeated)
})

test('IDs of other events that the caller sets are remembered for this document only', async () => {
  const device = createDevice()
  const page = openPage({ device })
  const { track } = openShop({ load: 'immediate' }, page)
  expect(track('Searched', {}, { eventID: 'e' })).toMatchObject(sent)
  expect(track('Searched', {}, { eventID: 'e' })).toMatchObject(repeated)
  expect(track('Started Checkout', {}, { eventID: 'e' })).toMatchObject(sent)
  expect(tracked(page)).toHaveLength(2)
  goLive(page)
  await vi.advanceTimersByTimeAsync(100)
  page.close()
  expect(sentKeys(device)).toEqual([])
  expect(await visit(device, ['Searched', {}, { eventID: 'e' }], live)).toMatchObject(sent)
})

test('events without an ID add no key to storage', async () => {
  const device = createDevice()
  for (let n = 0; n < 3; n++) await visit(device, ['Searched'], live)
  expect([...device.stored.keys()]).toEqual(['converge.visitor'])
})

test.each(['blocked', 'full'] as const)('each page sends its order once if storage is %s', async (fault) => {
  const device = createDevice()
  device.fault = fault
  const page = openPage({ device })
  const { track } = openShop({ load: 'immediate' }, page)
  goLive(page)
  await vi.advanceTimersByTimeAsync(100)
  expect(track('Placed Order', { id: '1' })).toMatchObject(sent)
  expect(track('Placed Order', { id: '1' })).toMatchObject(repeated)
  expect(await visit(device, ['Placed Order', { id: '1' }], live)).toMatchObject(sent)
})

test('an order may be sent again after 90 days, and not earlier', async () => {
  const device = createDevice()
  const order = ['Placed Order', { id: '1' }]
  await visit(device, order, live)
  vi.setSystemTime(Date.now() + 89 * day)
  expect(await visit(device, order, live)).toMatchObject(repeated)
  vi.setSystemTime(Date.now() + 2 * day)
  expect(await visit(device, order, live)).toMatchObject(sent)
})

test('the last 200 orders are remembered', async () => {
  const device = createDevice()
  const now = Date.now()
  for (let n = 1; n <= 230; n++) device.stored.set(`${prefix}sent.Placed Order.${n}`, String(now - (230 - n) * 1000))
  device.stored.set('sent.cart', 'the shop’s own')
  await visit(device, ['Searched'])
  const ids = sentKeys(device).map((key) => Number(key.split('.').at(-1)))
  expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index + 31))
  expect(device.stored.get('sent.cart')).toBe('the shop’s own')
})
