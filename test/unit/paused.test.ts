import { beforeEach, expect, test, vi } from 'vitest'
import { startConverge } from '../../src/browser/start.ts'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { need } from './build.ts'
import { createDevice } from './device.ts'
import { noParts, openPage, tracked } from './page.ts'

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

const config: Config = { pixelId, load: 'immediate', relay: '/relay' }
const order = { id: '1001', total_price: 5, currency: 'EUR' }

test('a paused page loads no pixel, calls no ttq and posts nothing, and reports it', async () => {
  need('relay', 'pageLoads')
  const page = openPage()
  const converge = startConverge({ ...config, paused: true, pageLoads: 'auto' }, page.window, noParts)
  converge.set({ profileProperties: { $email: 'jane@example.com' } })
  const result = converge.track('Placed Order', order)
  converge.consent({ marketing: 'granted' })
  converge.track('Searched', { query: 'cap' })
  await vi.advanceTimersByTimeAsync(60_000)

  expect(result).toMatchObject({ status: 'skipped', reason: 'paused', destinationEvents: [] })
  expect(page.scripts).toEqual([])
  expect(page.window.ttq).toBeUndefined()
  expect(page.posts).toEqual([])
})

test('an order tracked while paused is sent when it is tracked again', async () => {
  need('relay')
  const device = createDevice()
  const paused = openPage({ device })
  startConverge({ ...config, paused: true }, paused.window, noParts).track('Placed Order', order)
  await vi.advanceTimersByTimeAsync(1000)
  paused.close()

  const page = openPage({ device })
  expect(startConverge(config, page.window, noParts).track('Placed Order', order).status).toBe('success')
  expect(tracked(page)).not.toEqual([])
})

test('events that an earlier page could not post wait until the config is resumed', async () => {
  need('relay')
  const device = createDevice()
  const down = openPage({ device })
  down.relayStatus = 0
  startConverge(config, down.window, noParts).track('Placed Order', order)
  await vi.advanceTimersByTimeAsync(1000)
  down.close()

  const paused = openPage({ device })
  startConverge({ ...config, paused: true }, paused.window, noParts)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(paused.posts).toEqual([])
  paused.close()

  const page = openPage({ device })
  startConverge(config, page.window, noParts)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(page.posts.flatMap(({ events }) => events.map(({ eventID }) => eventID))).toEqual(['1001'])
})

test('page events have the source web', () => {
  need('relay', 'filters')
  const page = openPage()
  const filters: Config['filters'] = [{ event: '*', any: [{ property: '$source', operator: 'equal', value: 'web' }] }]
  expect(startConverge({ ...config, filters }, page.window, noParts).track('Searched', { query: 'cap' }).status).toBe(
    'success',
  )
})
