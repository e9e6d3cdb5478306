import { expect, test } from 'vitest'
import { type PixelCopy, type RelayCopy, statusOf } from '../../src/browser/status.ts'

// What became of an event, by what became of its two copies: each row is a browser copy, each column a server copy.
const relay: RelayCopy[] = ['none', 'held', 'denied', 'posting', 'taken', 'retrying', 'refused', 'too_late', 'dropped']
const table: Record<PixelCopy, string> = {
  none: 'skipped:no_channel no_consent:undecided no_consent:denied success success retry:relay_down failure:relay_refused skipped:too_late failure:relay_down',
  held: 'no_consent:undecided no_consent:undecided no_consent:denied success:undecided success:undecided retry:relay_down failure:relay_refused skipped:too_late failure:relay_down',
  waiting:
    'success success:undecided success:denied success success retry:relay_down success:relay_refused success:too_late success:relay_down',
  not_taken:
    'failure:pixel_blocked failure:pixel_blocked no_consent:denied success:pixel_blocked success:pixel_blocked retry:relay_down failure:relay_refused skipped:too_late failure:relay_down',
  denied:
    'no_consent:denied no_consent:denied no_consent:denied success:denied success:denied retry:relay_down failure:relay_refused skipped:too_late failure:relay_down',
  queued:
    'success success:undecided success:denied success success retry:relay_down success:relay_refused success:too_late success:relay_down',
  live: 'success success:undecided success:denied success success retry:relay_down success:relay_refused success:too_late success:relay_down',
  blocked:
    'failure:pixel_blocked failure:pixel_blocked no_consent:denied success:pixel_blocked success:pixel_blocked retry:relay_down failure:relay_refused skipped:too_late failure:relay_down',
}

test.each(Object.entries(table))('a browser copy that is %s', (pixel, expected) => {
  const isCopy = (name: string): name is PixelCopy => name in table
  if (!isCopy(pixel)) throw new Error(`${pixel} is no browser copy`)
  const outcomes = relay.map((copy) => statusOf(pixel, copy).filter(Boolean).join(':'))
  expect(outcomes).toEqual(expected.split(' '))
})
