import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createIdentify } from '../../src/tiktok/pixel/identify.ts'
import { removeLeftovers } from '../../src/tiktok/pixel/leftovers.ts'
import { createTtq } from '../../src/tiktok/pixel/ttq.ts'
import { pixelId } from '../cases/case.ts'
import { openPage } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Calls about one person, then about another, some time after the pixel went live. */
function callOfTwo(liveFor: number) {
  const { window } = openPage()
  const { inTurn, wentLive } = createIdentify(
    window,
    createTtq(window, () => true),
  )
  wentLive()
  vi.advanceTimersByTime(liveFor)
  const calls: string[] = []
  for (const name of ['first', 'second']) inTurn({ name }, {}, () => calls.push(name))
  return { calls, leave: () => window.dispatchEvent(new window.Event('pagehide')) }
}

test.each([
  [1000, 100],
  [999, 5000],
])("after the pixel was live for %i ms, another person's call waits for %i ms", (liveFor, wait) => {
  const { calls } = callOfTwo(liveFor)
  vi.advanceTimersByTime(wait - 1)
  expect(calls).toEqual(['first'])
  vi.advanceTimersByTime(1)
  expect(calls).toEqual(['first', 'second'])
})

test.each<[liveFor: number, after: number, calls: string[]]>([
  [1000, 50, ['first', 'second']],
  [1000, 49, ['first']],
  [900, 60, ['first']],
])('a page that was live for %i ms and is left %i ms after the call has called %o', (liveFor, after, expected) => {
  const { calls, leave } = callOfTwo(liveFor)
  vi.advanceTimersByTime(after)
  leave()
  expect(calls).toEqual(expected)
})

test("only the keys of TikTok's pixel are removed from session storage", () => {
  const { window } = openPage()
  for (const key of ['tt_sessionId', 'tt_appInfo', 'shop', 'my_tt_key']) window.sessionStorage.setItem(key, '1')
  removeLeftovers(window, [pixelId])
  expect(Object.keys(window.sessionStorage).sort()).toEqual(['my_tt_key', 'shop'])
})
