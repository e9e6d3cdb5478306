import type { OutboxEvent } from '../server/outbox.ts'

const start = '{"data":'
const end = '},"expires":'

/** Returns the JSON that is stored for an event: `data` first, then `expires`. */
export function writeKept({ data, expires, json: _, answer: __, arrived: ___, ...rest }: OutboxEvent): string {
  return JSON.stringify({ data, expires, ...rest })
}

/**
 * Reads a stored event. `data` is most of the text and is sent unchanged, so it is cut out as JSON and only parsed on access.
 * The data ends at the last `},"expires":`, because quotation marks inside strings are escaped and `data` has no such key.
 */
export function readKept(body: string): OutboxEvent {
  const cut = body.lastIndexOf(end)
  if (!body.startsWith(start) || cut < 0) return JSON.parse(body)
  const json = body.slice(start.length, cut + 1)
  const rest: Omit<OutboxEvent, 'data'> = JSON.parse(`{${body.slice(cut + 2)}`)
  let data: OutboxEvent['data'] | undefined
  return {
    ...rest,
    json,
    get data() {
      data ??= parseData(json)
      return data
    },
  }
}

const parseData = (json: string): OutboxEvent['data'] => JSON.parse(json)
