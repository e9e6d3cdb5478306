import { isRecord } from '../core/read.ts'
import { type Deliver, type Outbox, type OutboxEvent, OutboxFull } from '../server/outbox.ts'

/** A queue that a Worker may write to. */
export interface Queue {
  sendBatch(messages: Iterable<{ body: unknown; contentType?: 'json' }>): Promise<unknown>
}

/** What Cloudflare hands to a consumer, and waits for the fate of. */
export interface MessageBatch {
  readonly messages: readonly Message[]
}

export interface Message {
  readonly body: unknown
  /** How often it was handed out, this time included. */
  readonly attempts: number
  ack(): void
  retry(options?: { delaySeconds?: number }): void
}

export interface QueueOutboxOptions {
  /** Where events go that TikTok will never take. Without one their retries run out, into the queue's own, if it has one. */
  deadLetterQueue?: Queue | undefined
  /** Seconds until an event is tried again: doubled each time, up to the longest. Default 10, up to 3600. */
  retryAfter?: { first: number; longest: number } | undefined
  /** Takes the sentences that a person must read. Default `console.error`. */
  log?: (sentence: string) => void
}

export interface QueueOutbox extends Outbox {
  /** Hands a batch to `deliver`, and tells Cloudflare of each message whether it is done with. */
  consume(batch: MessageBatch): Promise<void>
}

// https://developers.cloudflare.com/queues/platform/limits/: a message's bytes, a batch's bytes and messages. Each message
// counts for up to 100 bytes more than its body.
const largestMessage = 128_000 - 100
const largestBatch = 256_000
const mostMessages = 100
// A consumer grants 100 retries at most, and after 4 days Cloudflare deletes a message: 90 of an hour end in between.
const defaultDelays = { first: 10, longest: 3600 }

/** Keeps events in a Cloudflare Queue. Its consumer is any Worker of the same config. */
export function createQueueOutbox(queue: Queue, options: QueueOutboxOptions = {}): QueueOutbox {
  const { deadLetterQueue, retryAfter = defaultDelays, log = console.error } = options
  let deliver: Deliver | undefined

  async function setAside(letters: readonly DeadLetter[]): Promise<void> {
    if (!letters.length) return
    const problems = [...new Set(letters.map(({ problem }) => problem))].join(' · ')
    const say = (what: string) =>
      log(`converge-tiktok: TikTok will never take ${letters.length} of the events; ${what}. ${problems}`)
    let fault = 'no dead-letter queue is bound'
    if (deadLetterQueue) {
      try {
        await sendAll(deadLetterQueue, letters.map(toBody))
        for (const { message } of letters) message.ack()
        say('the dead-letter queue has them')
        return
      } catch (error) {
        fault = `the dead-letter queue did not take them (${error})`
      }
    }
    say(`${fault}, so that they are tried until their retries run out`)
    for (const { message } of letters) message.retry({ delaySeconds: retryAfter.longest })
  }

  return {
    async add(events) {
      try {
        await sendAll(queue, events.map(fitted))
      } catch (error) {
        throw new OutboxFull(`Cloudflare's queue took no events (${error}).`, {
          cause: error,
        })
      }
    },
    start(begin) {
      deliver = begin
    },
    async consume({ messages }) {
      if (!deliver) throw new Error('converge-tiktok: a batch came before start(): give the outbox to a forwarder.')
      const letters: DeadLetter[] = []
      const due: { message: Message; event: OutboxEvent }[] = []
      for (const message of messages) {
        const event = message.body
        if (isOutboxEvent(event)) due.push({ message, event })
        else letters.push({ message, problem: 'Something else than an event was in the queue.' })
      }

      const verdicts = due.length ? await deliver(due.map(({ event }) => event)) : []
      due.forEach(({ message, event }, index) => {
        const verdict = verdicts[index] ?? 'retry'
        if (verdict === 'done') message.ack()
        else if (verdict === 'stop') message.retry({ delaySeconds: retryAfter.longest })
        // Without jitter: what failed together comes back together, as one request.
        else if (verdict === 'retry') {
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

/** An order of very many lines goes without them, but with its value: no message can hold it. */
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
