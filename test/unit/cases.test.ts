import { Window } from 'happy-dom'
import { expect, test } from 'vitest'
import { startConverge } from '../../src/browser/converge.ts'
import { allCases } from '../cases/all.ts'
import { pixelId } from '../cases/case.ts'

test.each(allCases)('$title', ({ config, track, pixel, status = 'success', reason }) => {
  const window = Object(new Window({ url: 'https://www.shop.test/' }))
  const converge = startConverge({ pixelId, ...config }, window)

  const result = converge.track(...track)

  const called = (window.ttq ?? []).map(([method, event, parameters, options]: unknown[]) => {
    expect(method).toBe('track')
    expect(options).toEqual({ event_id: result.eventID, pixel_code: pixelId })
    return { event, parameters }
  })
  expect(called).toEqual(pixel.map(({ event, parameters }) => ({ event, parameters })))
  expect(result).toMatchObject({ status, eventName: track[0] })
  expect(result.reason).toBe(reason)
  expect(result.destinationEvents).toEqual(
    pixel.map(({ event, parameters, event_id = result.eventID }) => ({ event, event_id, parameters, via: ['pixel'] })),
  )
})
