export type { Log, LogFields, LogLevel } from '../core/log.ts'
export type { AddResult } from '../store/add-result.ts'
export type { PauseSwitch } from '../store/pause-switch.ts'
export type { PersonCounts, PersonKeys } from '../store/person.ts'
export type {
  Chosen,
  DeadLetter,
  Drained,
  DrainOptions,
  Extras,
  MergeOptions,
  OrderCounts,
  StartOptions,
  Store,
  StoreStats,
} from '../store/store.ts'
export type { AlertsConfig } from './alerts/alerts-config.ts'
export {
  createForwarder,
  type Forwarder,
  type ForwarderConfig,
  type ForwarderEnv,
  type RequestContext,
} from './forwarder.ts'
export type { Metrics } from './metrics.ts'
export {
  type Deliver,
  type DeliveryResult,
  type EventsApiEvent,
  type Outbox,
  type OutboxEvent,
  OutboxFull,
  type Stats,
} from './outbox.ts'
