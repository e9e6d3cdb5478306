export type { Config } from '../types.ts'
export {
  createQueueOutbox,
  type MessageBatch,
  type Queue,
  type QueueOutbox,
  type QueueOutboxOptions,
} from './queue-outbox.ts'
export { createWorker, type Worker, type WorkerConfig } from './worker.ts'
