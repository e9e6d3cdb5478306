import type { Log, LogLevel } from '../core/log.ts'
import type { Fate } from '../store/fate.ts'
import type { Taken } from './intake.ts'
import type { Throttle } from './throttle.ts'

const lines = {
  kept: undefined,
  already_sent: undefined,
  merged: ['info', 'merged: a page and the shop’s server brought an order, which is sent as one event'],
  conflict: [
    'warn',
    'conflict: a page’s copy of an order names another e-mail address or another time than the shop’s server. Only the server’s copy is sent',
  ],
  late_twin: [
    'info',
    'late twin: a page’s copy of an order came after the shop’s server’s copy had left. It is not sent',
  ],
  left_to_source: [
    'info',
    'left to source: a page’s copy of an order has an event that the shop’s server did not make of it. It is not sent',
  ],
} as const satisfies Record<Fate, readonly [LogLevel, string] | undefined>

/** Logs what became of orders that have two copies: one line of each kind in a minute. */
export function logOrders(log: Log, throttle: Throttle, taken: readonly Taken[], fates: readonly Fate[]): void {
  for (const [index, fate] of fates.entries()) {
    const entry = lines[fate]
    const line = entry && throttle.allow(`order ${fate}`)
    if (!line) continue
    const [level, message] = entry
    log(level, message, { event: taken[index]?.event.data.event, more: line.leftOut || undefined })
  }
}
