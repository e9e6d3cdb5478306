import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  createQueueOutbox,
  type Message,
  type Queue,
  type QueueOutbox,
  type QueueOutboxOptions,
} from '../../src/cloudflare/queue-outbox.ts'
import { type DeliveryResult, type OutboxEvent, OutboxFull } from '../../src/server/outbox.ts'
import { testOutbox } from '../server/outbox-contract.ts'

const now = 1_800_000_000

function event(event_id: string, parts: Partial<OutboxEvent> = {}): OutboxEvent {
  const data = { event: 'Purchase', event_time: now, event_id, user: {}, page: {}, properties: {} }
  return { data, expires: now + 3600, order: true, ...parts }
}

/** A queue's binding that writes down what it is given. */
function queueThat(fails?: () => void) {
  const batches: unknown[][] = []
  return {
    batches,
    async sendBatch(messages: Iterable<{ body: unknown }>) {
      fails?.()
      batches.push([...messages].map(({ body }) => body))
    },
  }
}

const down = () => {
  throw new Error('Too Many Requests')
}

/** What becomes of messages that are consumed, in their order: `ack`, or the seconds until they come again. */
async function consume(
  bodies: readonly unknown[],
  results: readonly DeliveryResult[],
  { attempts = 1, ...options }: QueueOutboxOptions & { attempts?: number } = {},
) {
  const outcomes: unknown[] = []
  const delivered: OutboxEvent[] = []
  const said: string[] = []
  const outbox = createQueueOutbox(queueThat(), { log: (line) => said.push(line), ...options })
  outbox.start(async (events) => {
    delivered.push(...events)
    return [...results]
  })
  const messages = bodies.map((body, index): Message => {
    return {
      body,
      attempts,
      ack: () => {
        outcomes[index] = 'ack'
      },
      retry: (retry) => {
        outcomes[index] = retry?.delaySeconds
      },
    }
  })
  await outbox.consume({ messages })
  return { outcomes, delivered, said: said.join('\n') }
}

test('each message has the result of its own event', async () => {
  const { outcomes } = await consume([event('1'), event('2'), event('3')], ['done', 'retry', 'stop'])
  expect(outcomes).toEqual(['ack', 10, 3600])
})

test.each([
  [1, 10],
  [2, 20],
  [5, 160],
  [9, 2560],
  [10, 3600],
  [100, 3600],
])('an event that failed %i times is tried again after %i s', async (attempts, seconds) => {
  const { outcomes } = await consume([event('1')], ['retry'], { attempts })
  expect(outcomes).toEqual([seconds])
})

test.each(['retry', 'stop'] as const)(
  "the example's retries last until TikTok has forgotten an event, and end before Cloudflare deletes it: %s",
  async (result) => {
    const toml = readFileSync(
      new URL('../../examples/cloudflare-worker/wrangler-with-queue.toml', import.meta.url),
      'utf8',
    )
    const maxRetries = Number(/max_retries = (\d+)/.exec(toml)?.[1])
    let seconds = 0
    for (let attempts = 1; attempts <= maxRetries; attempts++) {
      const { outcomes } = await consume([event('1')], [result], { attempts })
      seconds += Number(outcomes[0])
    }
    expect(seconds).toBeGreaterThan(48 * 3600)
    expect(seconds).toBeLessThan(96 * 3600)
  },
)

test('an event that was not judged is tried again', async () => {
  const { outcomes } = await consume([event('1'), event('2')], ['done'])
  expect(outcomes).toEqual(['ack', 10])
})

test('an event that TikTok refuses for good goes to the dead-letter queue with its problem', async () => {
  const deadLetterQueue = queueThat()
  const refused = event('2', { problem: '40002: content_id is not text' })
  const { outcomes, said } = await consume([event('1'), refused], ['done', 'dead'], { deadLetterQueue })
  expect(outcomes).toEqual(['ack', 'ack'])
  expect(deadLetterQueue.batches).toEqual([[refused]])
  expect(said).toContain('TikTok refused 1 events for good. They are in the dead-letter queue. 40002: content_id')
})

test('what else stands in the queue is set aside as it is', async () => {
  const deadLetterQueue = queueThat()
  const { outcomes, delivered } = await consume(['hello', { an: 'order' }, null], [], { deadLetterQueue })
  expect(outcomes).toEqual(['ack', 'ack', 'ack'])
  expect(delivered).toEqual([])
  expect(deadLetterQueue.batches).toMatchObject([['hello', { an: 'order' }, null]])
})

test('without a dead-letter queue to write to, retries run out into that of the consumer', async () => {
  const { outcomes, said } = await consume([event('1', { problem: 'refused' })], ['dead'])
  expect(outcomes).toEqual([3600])
  expect(said).toContain('No dead-letter queue is bound')
})

test('a dead-letter queue that is down costs no event', async () => {
  const { outcomes, said } = await consume([event('1'), event('2')], ['done', 'dead'], {
    deadLetterQueue: queueThat(down),
  })
  expect(outcomes).toEqual(['ack', 3600])
  expect(said).toContain('Too Many Requests')
})

test('a batch that comes before the forwarder fails, so that Cloudflare hands it out again', async () => {
  await expect(createQueueOutbox(queueThat()).consume({ messages: [] })).rejects.toThrow('start()')
})

test('a queue that takes nothing leaves the events with their sender', async () => {
  const adding = createQueueOutbox(queueThat(down)).add([event('1')])
  await expect(adding).rejects.toThrow(OutboxFull)
  await expect(adding).rejects.toThrow('Too Many Requests')
})

test('events are kept in batches of at most 100 messages and 256 kB', async () => {
  const queue = queueThat()
  const large = event('large', { data: { ...event('large').data, page: { url: 'ü'.repeat(20_000) } } })
  const events = [...Array.from({ length: 250 }, (_, index) => event(String(index))), ...Array(20).fill(large)]
  await createQueueOutbox(queue).add(events)
  expect(queue.batches.flat()).toEqual(events)
  for (const batch of queue.batches) {
    expect(batch.length).toBeLessThanOrEqual(100)
    expect(Buffer.byteLength(JSON.stringify(batch)) + 100 * batch.length).toBeLessThanOrEqual(256_000)
  }
})

test('nothing is written where there is nothing to keep', async () => {
  const queue = queueThat()
  await createQueueOutbox(queue).add([])
  expect(queue.batches).toEqual([])
})

test('an order with more lines than a message can hold keeps its value', async () => {
  const queue = queueThat()
  const contents = Array.from({ length: 2000 }, (_, index) => ({
    content_id: String(index),
    content_type: 'product' as const,
    content_name: 'A cap with a long name, such as shops give to caps',
  }))
  const { data } = event('1')
  await createQueueOutbox(queue).add([
    event('1', { data: { ...data, properties: { contents, value: 9, currency: 'EUR' } } }),
  ])
  expect(queue.batches).toEqual([[event('1', { data: { ...data, properties: { value: 9, currency: 'EUR' } } })]])
})

/** A queue as Cloudflare runs one, but for its delays: what is not acknowledged is handed out again. */
function consumingQueue() {
  let outbox: QueueOutbox | undefined
  const waiting: { body: unknown; attempts: number }[] = []
  let isConsuming = false

  async function consumeAll(): Promise<void> {
    isConsuming = true
    while (waiting.length) {
      const batch = waiting.splice(0, 100)
      const acknowledged = new Set<object>()
      const messages = batch.map((one): Message => {
        one.attempts++
        return {
          body: structuredClone(one.body),
          attempts: one.attempts,
          ack: () => void acknowledged.add(one),
          retry: () => {},
        }
      })
      await outbox?.consume({ messages })
      // A consumer grants 100 retries at most.
      waiting.push(...batch.filter((one) => !acknowledged.has(one) && one.attempts < 100))
    }
    isConsuming = false
  }

  const queue: Queue = {
    async sendBatch(messages) {
      for (const { body } of messages) waiting.push({ body: structuredClone(body), attempts: 0 })
      await Promise.resolve()
      if (!isConsuming) void consumeAll()
    },
  }
  outbox = createQueueOutbox(queue, { deadLetterQueue: queueThat(), log: () => {} })
  return outbox
}

testOutbox('an outbox in Cloudflare Queues', consumingQueue)
