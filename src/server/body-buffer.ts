import { type Answer, refuse } from './respond.ts'

/** Puts the chunks of a body together. */
export interface BodyBuffer {
  /** Adds a chunk. Where the body must not go on, it gives the answer that says why. */
  add(chunk: Uint8Array): Answer | undefined
  text(): string
}

// A megabyte in TCP's smallest usual segments, of 536 bytes, comes in 2,000. Each chunk costs time, however little is in it.
const MAX_CHUNKS = 20_000
const FIRST_SIZE = 1024
const decoder = new TextDecoder()

/**
 * Chunks are copied into one buffer as they come, since one that is kept takes some 200 bytes of its own. `limit` is in
 * bytes. `hold` is asked before the buffer grows by so many bytes, and refuses the body by `false`.
 */
export function createBodyBuffer(limit: number, hold: (bytes: number) => boolean = () => true): BodyBuffer {
  let buffer = new Uint8Array(0)
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
      if (++chunks > MAX_CHUNKS)
        return refuse(413, `The body came in more than ${MAX_CHUNKS} chunks. Send it in fewer and larger ones.`)
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

export const busy: Answer = refuse(503, 'Too many requests are being received. Send it again later.', [], {
  'retry-after': '10',
})
