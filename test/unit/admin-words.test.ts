import { describe, expect, test } from 'vitest'
import { isDeadLetter, outcomeOf } from '../../src/admin/statuses.ts'
import { adviceFor } from '../../src/server/admin/advice.ts'
import { logStatuses } from '../../src/store/event-log.ts'
import { type SkipReason, skipWords } from '../../src/store/skip-reasons.ts'
import { TOO_LATE } from '../../src/store/waiting-event.ts'

const reasons = {
  ...{ conflict: 1, already_sent: 1, late_twin: 1, for_others: 1, left_to_source: 1, undecided: 1, no_consent: 1 },
  ...{ too_late: 1, paused: 1, source_disabled: 1, not_mapped: 1, browser_only: 1 },
} satisfies Record<SkipReason, 1>

const sentencesOf = (text: string): string[] => text.match(/[^.]+\./g) ?? []

describe('why an event is skipped', () => {
  test.each(Object.keys(reasons))('is a sentence for %s, with advice that does not repeat it', (reason) => {
    const { why } = skipWords(reason)
    const advice = adviceFor({ status: 'skipped', reason })
    expect(why).toMatch(/^[A-Z].*\.$/)
    expect(advice).toMatch(/^[A-Z].*[^.]\.$/)
    const all = sentencesOf(`${outcomeOf({ status: 'skipped', event: '' })} ${why} ${advice}`).map((one) => one.trim())
    expect(new Set(all).size).toBe(all.length)
  })

  test.each(['filter for Viewed Product: vip is_set', 'constructor', ''])(
    'is shown as it is if it is no code: %j',
    (reason) => expect(skipWords(reason)).toEqual({ why: reason, advice: '' }),
  )
})

test.each(logStatuses)('the outcome and the advice of the status %s say different things', (status) => {
  for (const code of [undefined, 0, 20001, 40002, 40105, 50002])
    for (const reason of ['', TOO_LATE, 'TikTok answered code 40002: no value']) {
      const line = { status, reason, event: 'Purchase', ...(code !== undefined && { code }) }
      const all = sentencesOf(`${outcomeOf(line)} ${adviceFor(line)}`).map((one) => one.trim())
      expect(new Set(all).size).toBe(all.length)
    }
})

test('an event that could not be read is no dead letter, because no TikTok event was made', () => {
  expect(isDeadLetter({ status: 'failure', event: '' })).toBe(false)
  expect(outcomeOf({ status: 'failure', event: '' })).toBe('It could not be read, so nothing was sent.')
  expect(isDeadLetter({ status: 'failure', event: 'Purchase' })).toBe(true)
})
