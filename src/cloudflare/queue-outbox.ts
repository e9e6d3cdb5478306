import { isRecord } from '../core/read.ts'
import { type Deliver, type Outbox, type OutboxEvent, OutboxFull } from '../server/outbox.ts'

/** A queue that a Worker can write to. */
export interface Queue {
  sendBatch(messages: Iterable<{ body: unknown; contentType?: 'json' }>): Promise<unknown>
}

/** A message that Cloudflare gives to a consumer, which must acknowledge or retry it. */
export interface MessageBatch {
  readonly messages: readonly Message[]
}

export interface Message {
  readonly body: unknown
  /** The number of attempts, including this one. */
  readonly attempts: number
  ack(): void
  retry(options?: { delaySeconds?: number }): void
}

export interface QueueOutboxOptions {
  /** Receives events that TikTok refuses for good. Without it they are retried, and then go to the queue's own dead letters. */
  deadLetterQueue?: Queue | undefined
  /** Seconds until an event is retried, doubled each time up to the longest. Default 10, up to 3600. */
  retryAfter?: { first: number; longest: number } | undefined
  /** Receives messages for the operator. Default `console.error`. */
  log?: (sentence: string) => void
}

export interface QueueOutbox extends Outbox {
  /** Delivers a batch, and acknowledges or retries each message. */
  consume(batch: MessageBatch): Promise<void>
}

// The limits of a message and a batch: https://developers.cloudflare.com/queues/platform/limits/. Each message counts up to
// 100 bytes more than its body.
const largestMessage = 128_000 - 100
const largestBatch = 256_000
const mostMessages = 100
// A consumer has at most 100 retries, and Cloudflare deletes a message after 4 days. 90 retries of an hour fit in.
const defaultDelays = { first: 10, longest: 3600 }

/** Keeps events in a Cloudflare Queue. Its consumer is any Worker with the same config. */
export function createQueueOutbox(queue: Queue, options: QueueOutboxOptions = {}): QueueOutbox {
  const { deadLetterQueue, retryAfter = defaultDelays, log = console.error } = options
  let deliver: Deliver | undefined

  async function setAside(letters: readonly DeadLetter[]): Promise<void> {
    if (!letters.length) return
    const problems = [...new Set(letters.map(({ problem }) => problem))].join(' · ')
    const say = (what: string) =>
      log(`converge-tiktok: TikTok refused ${letters.length} events for good. ${what} ${problems}`)
    let fault = 'No dead-letter queue is bound'
    if (deadLetterQueue) {
      try {
        await sendAll(deadLetterQueue, letters.map(toBody))
        for (const { message } of letters) message.ack()
        say('They are in the dead-letter queue.')
        return
      } catch (error) {
        fault = `The dead-letter queue did not accept them (${error})`
      }
    }
    say(`${fault}, so they are retried until max_retries.`)
    for (const { message } of letters) message.retry({ delaySeconds: retryAfter.longest })
  }

  return {
    async add(events) {
      try {
        await sendAll(queue, events.map(fitted))
      } catch (error) {
        throw new OutboxFull(`Cloudflare's queue did not accept the events (${error}).`, {
          cause: error,
        })
      }
    },
    start(begin) {
      deliver = begin
    },
    async consume({ messages }) {
      if (!deliver)
        throw new Error('converge-tiktok: a batch arrived before start(). Pass the outbox to a forwarder first.')
      const letters: DeadLetter[] = []
      const due: { message: Message; event: OutboxEvent }[] = []
      for (const message of messages) {
        const event = message.body
        if (isOutboxEvent(event)) due.push({ message, event })
        else letters.push({ message, problem: 'The queue contained a message that is not an event.' })
      }

      const results = due.length ? await deliver(due.map(({ event }) => event)) : []
      due.forEach(({ message, event }, index) => {
        const result = results[index] ?? 'retry'
        if (result === 'done') message.ack()
        else if (result === 'stop') message.retry({ delaySeconds: retryAfter.longest })
        // No jitter, so that events that failed together are retried in one request.
        else if (result === 'retry') {
          message.retry({ delaySeconds: Math.min(retryAfter.first * 2 ** (message.attempts - 1), retryAfter.longest) })
        } else letters.push({ message, problem: event.problem ?? 'TikTok gave no reason.' })
      })
      await setAside(letters)
    },
  }
}

interface DeadLetter {
  message: Message
  problem: string
}

function toBody({ message: { body }, problem }: DeadLetter): unknown {
  return isRecord(body) ? { ...body, problem } : body
}

function isOutboxEvent(body: unknown): body is OutboxEvent {
  return isRecord(body) && isRecord(body.data) && typeof body.expires === 'number'
}

/** An order with too many lines for a message is sent without the lines, but with its value. */
function fitted(event: OutboxEvent): OutboxEvent {
  if (sizeOf(event) <= largestMessage) return event
  const { contents, ...properties } = event.data.properties
  return { ...event, data: { ...event.data, properties } }
}

async function sendAll(queue: Queue, bodies: readonly unknown[]): Promise<void> {
  let batch: unknown[] = []
  let bytes = 0
  const send = () => queue.sendBatch(batch.map((body) => ({ body, contentType: 'json' })))
  for (const body of bodies) {
    const size = sizeOf(body) + 100
    if (batch.length === mostMessages || bytes + size > largestBatch) {
      await send()
      batch = []
      bytes = 0
    }
    batch.push(body)
    bytes += size
  }
  if (batch.length) await send()
}

function sizeOf(body: unknown): number {
  return new TextEncoder().encode(JSON.stringify(body)).length
}
