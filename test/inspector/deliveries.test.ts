import { expect, test } from 'vitest'
import { deliveriesOf } from '../../src/inspector/deliveries.ts'
import type { Channel, Reason, State, Status } from '../../src/types.ts'

const state = { pixel: 'live', relay: 'ready' } as const
const both: Channel[] = ['pixel', 'relay']

test.each<
  [status: Status, reason: Reason | undefined, via: Channel[], state: Pick<State, 'pixel' | 'relay'>, told: string]
>([
  ['success', undefined, both, state, 'handed handed'],
  ['success', undefined, ['pixel'], { pixel: 'live', relay: 'off' }, 'handed none'],
  ['success', undefined, both, { ...state, pixel: 'waiting' }, 'waiting handed'],
  ['success', 'pixel_blocked', both, { ...state, pixel: 'blocked' }, 'blocked handed'],
  ['retry', 'relay_down', both, { ...state, pixel: 'blocked' }, 'blocked kept'],
  ['failure', 'relay_down', ['relay'], { ...state, pixel: 'off' }, 'none lost'],
  ['failure', 'pixel_blocked', [], { pixel: 'blocked', relay: 'off' }, 'blocked none'],
  ['success', 'undecided', ['relay'], state, 'held handed'],
  ['success', 'denied', ['relay'], state, 'denied handed'],
  ['no_consent', 'undecided', [], state, 'held held'],
  ['no_consent', 'denied', [], { ...state, relay: 'off' }, 'denied none'],
  ['no_consent', 'undecided', [], { ...state, pixel: 'off' }, 'none held'],
  ['retry', 'relay_down', both, state, 'handed kept'],
  ['success', 'relay_refused', both, state, 'handed refused'],
  ['skipped', 'too_late', ['relay'], state, 'none late'],
  ['success', 'denied', both, state, 'handed denied'],
  ['no_consent', 'denied', ['relay'], state, 'denied denied'],
  ['skipped', 'unmapped', [], state, 'none none'],
  ['filtered', 'filter', [], state, 'none none'],
])('the result %s, %s, by %j has these states of its copies, with %j', (status, reason, via, state, told) => {
  const destinationEvents = via.length ? [{ event: 'Lead', event_id: '1', parameters: {}, via }] : []
  const result = { status, reason, eventName: 'My Event', eventID: '1', destinationEvents }
  const { pixel, relay } = deliveriesOf(result, state, both)
  expect(`${pixel} ${relay}`).toBe(told)
})

test.each<[ways: Channel[], told: string]>([
  [['pixel'], 'held none'],
  [['relay'], 'none held'],
  [[], 'none none'],
])('an event that waits for consent is held only on the channels of its rows: %j', (ways, told) => {
  const result = { eventName: 'My Event', eventID: '1', destinationEvents: [] }
  const { pixel, relay } = deliveriesOf({ ...result, status: 'no_consent', reason: 'undecided' }, state, ways)
  expect(`${pixel} ${relay}`).toBe(told)
})
