import { createForwarder, type Forwarder, type ForwarderConfig } from '../server/forwarder.ts'
import { createLog, sentencesTo } from '../server/log-line.ts'
import {
  createQueueOutbox,
  type MessageBatch,
  type Queue,
  type QueueOutbox,
  type QueueOutboxOptions,
} from './queue-outbox.ts'

export interface WorkerConfig
  extends Omit<ForwarderConfig, 'outbox' | 'store' | 'mergeOrders' | 'delivery'>,
    Pick<QueueOutboxOptions, 'deadLetterQueue' | 'retryAfter'> {
  /** Keeps events until TikTok has them. This Worker must be its consumer. Default: events are sent while the sender waits. */
  queue?: Queue | undefined
}

/** The default export of a Worker. */
export interface Worker<Env> {
  fetch(request: Request, env: Env, context: { waitUntil(work: Promise<unknown>): void }): Promise<Response>
  queue(batch: MessageBatch, env: Env): Promise<void>
}

/**
 * A forwarder as a Cloudflare Worker.
 *
 * @example
 * export default createWorker((env: Env) => ({ pixelId, accessToken: env.TIKTOK_ACCESS_TOKEN, allowedOrigins, queue: env.EVENTS }))
 */
export function createWorker<Env extends object>(configOf: (env: Env) => WorkerConfig): Worker<Env> {
  // One forwarder for all requests, so that it waits while TikTok is down.
  const instances = new WeakMap<Env, Instance>()

  function instanceOf(env: Env): Instance {
    const instance = instances.get(env) ?? createInstance(configOf(env))
    instances.set(env, instance)
    return instance
  }

  return {
    fetch(request, env, context) {
      return instanceOf(env).forwarder.fetch(request, {
        ip: request.headers.get('CF-Connecting-IP') ?? undefined,
        waitUntil: (work) => context.waitUntil(work),
      })
    },
    async queue(batch, env) {
      const { outbox } = instanceOf(env)
      if (!outbox) throw new Error('converge-tiktok: this Worker consumes a queue, but its config has no `queue`.')
      await outbox.consume(batch)
    },
  }
}

interface Instance {
  forwarder: Forwarder
  outbox: QueueOutbox | undefined
}

function createInstance({ queue, deadLetterQueue, retryAfter, ...config }: WorkerConfig): Instance {
  if (!queue) return { forwarder: createForwarder(config), outbox: undefined }
  const outbox = createQueueOutbox(queue, { deadLetterQueue, retryAfter, log: sentencesTo(createLog()) })
  return { forwarder: createForwarder({ ...config, outbox }), outbox }
}
