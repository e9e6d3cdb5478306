import type { OutboxEvent } from '../../server/outbox.ts'

const start = '{"data":'
const end = '},"expires":'

/** The JSON that is kept of an event: its data first, then `expires`. */
export function writeKept({ data, expires, json: _, ...rest }: OutboxEvent): string {
  return JSON.stringify({ data, expires, ...rest })
}

/**
 * Reads an event that is kept as JSON. Its data, most of the text, is what is sent: it is cut out as it stands, and parsed
 * only if somebody asks. A quotation mark inside a text is escaped, and no data has a key of that name, so that the last
 * `},"expires":` is where the data ends.
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
