import { expect, test } from 'vitest'
import { type OrderFacts, wordOf } from '../../src/node/reconcile/order-word.ts'
import type { LogChannel, LogLine, LogStatus } from '../../src/store/event-log.ts'

const time = Date.parse('2026-03-01T12:00:00Z')

let lines = 0

/** A later line than those before. */
const line = (channel: LogChannel, status: LogStatus, reason = ''): LogLine => ({
  ...{ id: ++lines, time, source: 'webhook', channel, eventName: 'Placed Order', event: 'Purchase', event_id: '1001' },
  ...{ status, reason, matchKeys: [], attempts: 0 },
})

const trace = (page: number, signed: number, ...dead: string[]) => ({ id: '1001', page, signed, dead })

const cases: [title: string, facts: Partial<OrderFacts>, word: string, why?: string][] = [
  ['from the page', { trace: trace(time, 0) }, 'page'],
  ['from the server', { trace: trace(0, time) }, 'server'],
  ['from both', { trace: trace(time, time) }, 'merged'],
  ['merged, only by the log', { lines: [line('merged', 'success')] }, 'merged'],
  ['from both, one after the other', { lines: [line('page', 'success'), line('server', 'success')] }, 'merged'],
  ['waiting', { lines: [line('server', 'waiting')] }, 'server'],
  ['tried again', { lines: [line('page', 'retry')] }, 'page'],
  [
    'sent by the page, and filtered at the server',
    { lines: [line('page', 'success'), line('server', 'filtered', 'x')] },
    'page',
  ],
  ['refused by TikTok', { trace: trace(0, 0, 'no pixel') }, 'dead', 'no pixel'],
  ['refused by TikTok and dropped', { lines: [line('server', 'failure', 'no pixel')] }, 'dead', 'no pixel'],
  ['refused for one row only', { trace: trace(0, time, 'no pixel') }, 'server'],
  ['filtered', { lines: [line('server', 'filtered', 'vip')] }, 'filtered', 'vip'],
  ['without consent', { lines: [line('server', 'no_consent', 'consent mode require')] }, 'no_consent'],
  [
    'filtered, and without consent when it came again',
    { lines: [line('server', 'filtered', 'vip'), line('server', 'no_consent')].reverse() },
    'no_consent',
  ],
  ['too late', { lines: [line('server', 'skipped', 'too_late')] }, 'too_late'],
  ['paused', { lines: [line('server', 'skipped', 'paused')] }, 'skipped', 'paused'],
  [
    'filtered at the server, after the page had no consent',
    { lines: [line('page', 'no_consent'), line('server', 'filtered', 'vip')] },
    'filtered',
    'vip',
  ],
  [
    'filtered at the server, before the page had no consent',
    { lines: [line('server', 'filtered', 'vip'), line('page', 'no_consent')] },
    'filtered',
    'vip',
  ],
  ['absent', {}, 'never_seen'],
  ['absent, and older than the log', { logStart: time + 1 }, 'unknown'],
  ['absent, without a log', { logStart: Number.POSITIVE_INFINITY }, 'unknown'],
  ['known to the memory, and older than the log', { logStart: time + 1, trace: trace(0, time) }, 'server'],
]

test.each(cases)('an order that is %s', (_, facts, word, why = '') => {
  expect(wordOf({ time, trace: undefined, lines: [], logStart: time, ...facts })).toEqual({ word, why })
})
