export type { Log, LogFields, LogLevel } from '../core/log.ts'
export {
  createForwarder,
  type Forwarder,
  type ForwarderConfig,
  type ForwarderEnv,
  type RequestContext,
} from './forwarder.ts'
export {
  type Deliver,
  type EventsApiEvent,
  type Outbox,
  type OutboxEvent,
  OutboxFull,
  type Stats,
  type Verdict,
} from './outbox.ts'
