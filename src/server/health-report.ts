import type { StoreStats } from '../store/store.ts'
import type { Stats } from './outbox.ts'

export type HealthStatus =
  | 'ok'
  | 'delayed' // TikTok failed three times in a row, or an event has waited too long
  | 'full' // the outbox accepts no more events
  | 'stopped' // nothing can be sent or stored until somebody fixes the cause

/** The state of TikTok, of the store and of its disk. */
export type HealthReport = Stats & { status: HealthStatus } & Partial<
    Pick<StoreStats, 'orders' | 'customers' | 'no_consent' | 'profiles'>
  >
