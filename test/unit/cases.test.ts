import { expect, test } from 'vitest'
import { allCases } from '../cases/all.ts'
import { pixelId } from '../cases/case.ts'
import { openShop, tracked } from './page.ts'

test.each(allCases)('$title', ({ config, track: call, pixel, status = 'success', reason }) => {
  const { page, track } = openShop(config)

  const result = track(...call)

  const called = tracked(page).map(([, event, parameters, options]) => {
    expect(options).toEqual({ event_id: result.eventID, pixel_code: pixelId })
    return { event, parameters }
  })
  expect(called).toEqual(pixel.map(({ event, parameters }) => ({ event, parameters })))
  expect(result).toMatchObject({ status, eventName: call[0] })
  expect(result.reason).toBe(reason)
  expect(result.destinationEvents.filter(({ via }) => via.includes('pixel'))).toEqual(
    pixel.map((one) => ({ event_id: result.eventID, via: expect.any(Array), ...one })),
  )
})
