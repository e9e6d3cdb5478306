import type { Log, LogLevel } from '../core/log.ts'
import type { AddResult } from '../store/add-result.ts'
import type { Taken } from './intake.ts'
import type { Throttle } from './throttle.ts'

const lines = {
  kept: undefined,
  already_sent: undefined,
  undecided: undefined,
  no_consent: undefined,
  for_others: undefined,
  merged: ['info', 'merged: a page and the shop’s server sent the same order. Both copies are sent as one event'],
  conflict: [
    'warn',
    'conflict: a page’s copy of an order has another email address or time than the copy of the shop’s server. Only the server’s copy is sent',
  ],
  late_twin: [
    'info',
    'late twin: the page’s copy of an order arrived after the copy of the shop’s server was sent. The page’s copy is not sent',
  ],
  left_to_source: [
    'info',
    'left to source: a page’s copy of an order has a TikTok event that the copy of the shop’s server does not have. It is not sent',
  ],
} as const satisfies Record<AddResult, readonly [LogLevel, string] | undefined>

/** Logs the outcome of orders with two copies: at most one line a minute for each outcome. */
export function logOrders(log: Log, throttle: Throttle, taken: readonly Taken[], results: readonly AddResult[]): void {
  for (const [index, result] of results.entries()) {
    const entry = lines[result]
    const line = entry && throttle.allow(`order ${result}`)
    if (!line) continue
    const [level, message] = entry
    log(level, message, { event: taken[index]?.event.data.event, more: line.leftOut || undefined })
  }
}
