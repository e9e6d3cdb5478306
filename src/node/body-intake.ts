import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { busy, createBodyBuffer, tooLarge } from '../server/body-buffer.ts'
import type { Answer } from '../server/respond.ts'

/** Node's request, of HTTP/1.1 or HTTP/2. */
type NodeRequest = Readable & { complete: boolean; headers: IncomingHttpHeaders }

/** The body of one request. It counts toward the limits from `read` to `close`. */
export interface IncomingBody {
  /** Returns the text, or the answer that refuses it. Rejects if the body is incomplete. `limit` is in bytes. */
  read(limit: number): Promise<string | Answer>
  /** True if so much may follow that closing the connection is cheaper than reading the rest. */
  isEndless(): boolean
  /** Call it once the request has been answered. */
  close(): void
}

export interface BodyIntake {
  open(request: NodeRequest): IncomingBody
}

export interface BodyIntakeOptions {
  /** The maximum number of open bodies. Default 2,000. */
  maxBodies?: number
  /** The maximum memory of all open bodies, in bytes. Default 64 MiB. */
  maxBytes?: number
}

const MAX_DISCARDED = 1024 * 1024

/**
 * Reads request bodies and limits the memory of all bodies that are being read or wait for the disk. Requests over the limit
 * are answered with 503, so that their senders keep them.
 */
export function createBodyIntake({
  maxBodies = 2000,
  maxBytes = 64 * 1024 * 1024,
}: BodyIntakeOptions = {}): BodyIntake {
  let bodies = 0
  let bytes = 0

  return {
    open(request) {
      const declared = Number(request.headers['content-length'] ?? Number.NaN)
      let isOpen = false
      let held = 0

      function hold(more: number): boolean {
        if (bytes + more > maxBytes) return false
        bytes += more
        held += more
        return true
      }

      return {
        read(limit) {
          if (declared > limit) return Promise.resolve(tooLarge(limit))
          if (bodies === maxBodies) return Promise.resolve(busy)
          bodies++
          isOpen = true
          return receive(request, limit, hold)
        },
        isEndless: () => !request.complete && !(declared <= MAX_DISCARDED),
        close() {
          if (isOpen) bodies--
          isOpen = false
          bytes -= held
          held = 0
        },
      }
    },
  }
}

/** Uses Node's events, because a Web stream costs more for each chunk than everything else. */
function receive(request: NodeRequest, limit: number, hold: (bytes: number) => boolean): Promise<string | Answer> {
  const buffer = createBodyBuffer(limit, hold)
  return new Promise((resolve, reject) => {
    let isOver = false
    function take(chunk: Uint8Array): void {
      const refusal = buffer.add(chunk)
      if (!refusal) return
      isOver = true
      request.off('data', take)
      request.pause()
      resolve(refusal)
    }
    // The listeners stay, because removing them takes 2 µs, and the request is dropped soon.
    function end(): void {
      if (isOver) return
      isOver = true
      resolve(buffer.text())
    }
    function breakOff(): void {
      if (isOver) return
      isOver = true
      reject(new Error('The body is incomplete.'))
    }
    if (request.destroyed) return breakOff()
    request.on('data', take).on('end', end).on('error', breakOff).on('close', breakOff)
  })
}
