import { type Answer, refuse } from './respond.ts'

/** Joins the chunks of a body. */
export interface BodyBuffer {
  /** Adds a chunk. Returns the answer that refuses the body if it must not continue. */
  add(chunk: Uint8Array): Answer | undefined
  text(): string
}

// Each chunk costs time, however small it is. A megabyte in TCP's smallest usual segments of 536 bytes is 2,000 chunks.
const MAX_CHUNKS = 20_000
const FIRST_SIZE = 1024
const decoder = new TextDecoder()

/**
 * Copies chunks into one buffer as they arrive, because each stored chunk costs some 200 bytes of overhead. A body of one
 * chunk is not copied. `limit` is in bytes. `hold` is called before the buffer grows by that many bytes. It refuses the body by returning `false`.
 */
export function createBodyBuffer(limit: number, hold: (bytes: number) => boolean = () => true): BodyBuffer {
  let buffer: Uint8Array = new Uint8Array(0)
  let length = 0
  let chunks = 0

  function grow(wanted: number): boolean {
    const size = Math.min(limit, Math.max(wanted, buffer.length * 2, FIRST_SIZE))
    if (!hold(size - buffer.length)) return false
    const grown = new Uint8Array(size)
    grown.set(buffer.subarray(0, length))
    buffer = grown
    return true
  }

  return {
    add(chunk) {
      const wanted = length + chunk.length
      if (wanted > limit) return tooLarge(limit)
      if (++chunks === 1) {
        if (!hold(wanted)) return busy
        buffer = chunk
        length = wanted
        return undefined
      }
      if (chunks > MAX_CHUNKS)
        return refuse(413, `The body arrived in more than ${MAX_CHUNKS} chunks. Send it in fewer, larger chunks.`)
      if (wanted > buffer.length && !grow(wanted)) return busy
      buffer.set(chunk, length)
      length = wanted
      return undefined
    },
    text: () => decoder.decode(buffer.subarray(0, length)),
  }
}

export function tooLarge(limit: number): Answer {
  return refuse(413, `The body is larger than ${limit} bytes. Send fewer events at a time.`)
}

export const busy: Answer = refuse(
  503,
  'The server is receiving too many requests. Send this request again later.',
  [],
  {
    'retry-after': '10',
  },
)
