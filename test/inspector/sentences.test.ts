import { expect, test } from 'vitest'
import { sentence } from '../../src/inspector/sentences.ts'
import type { Channel, Reason, Status } from '../../src/types.ts'

const statuses = Object.keys({
  success: 0,
  failure: 0,
  retry: 0,
  filtered: 0,
  skipped: 0,
  no_consent: 0,
} satisfies Record<Status, 0>)

const reasons = Object.keys({
  unmapped: 0,
  filter: 0,
  no_window: 0,
  no_channel: 0,
  pixel_blocked: 0,
  before_send: 0,
  already_sent: 0,
  same_page: 0,
  undecided: 0,
  denied: 0,
  relay_down: 0,
  relay_refused: 0,
  too_late: 0,
  paused: 0,
} satisfies Record<Reason, 0>)

const say = (status: string, reason?: string, via = ['pixel', 'relay']): string =>
  sentence(Object({ status, reason, destinationEvents: [{ via }] }))

test.each(statuses)('every reason of a status has its own sentence: %s', (status) => {
  const sentences = reasons.map((reason) => say(status, reason))
  for (const one of [say(status), ...sentences]) expect(one).toMatch(/^[A-Z](?!.*undefined:)[^\n]+[^.]\.$/)
  expect(new Set(sentences).size).toBe(reasons.length)
})

test('a success with a reason names the only channel that sent it', () => {
  expect(say('success')).toBe('Sent by every allowed channel.')
  expect(say('success', 'pixel_blocked')).toMatch(/^Sent only by the relay: TikTok's script /)
  expect(say('success', 'undecided', ['relay'])).toMatch(/^Sent only by the relay: the visitor has not decided yet/)
  expect(say('success', 'denied', ['relay'])).toMatch(/^Sent only by the relay: the visitor denied/)
  expect(say('success', 'denied')).toMatch(/^Sent only by the pixel: the visitor denied/)
  expect(say('success', 'too_late')).toMatch(/^Sent only by the pixel: it is older than TikTok /)
  expect(say('success', 'relay_refused')).toMatch(/^Sent only by the pixel: the relay refused /)
})

test('a success with a waiting pixel does not claim that the pixel has the event', () => {
  const result = (reason: Reason | undefined, via: Channel[]) => ({
    status: 'success' as const,
    reason,
    destinationEvents: [{ event: 'Search', event_id: '1', parameters: {}, via }],
  })
  const queued = "Queued for the pixel: TikTok's script has not loaded yet."
  expect(sentence(result(undefined, ['pixel']), 'waiting')).toBe(queued)
  expect(sentence(result(undefined, ['pixel', 'relay']), 'waiting')).toBe(
    `${queued} The relay has sent its copy, or is sending it.`,
  )
  expect(sentence(result('relay_refused', ['pixel', 'relay']), 'waiting')).toMatch(/^Queued .* Not sent by the relay: /)
  expect(sentence(result(undefined, ['pixel']), 'handed')).not.toContain('Queued')
})
