// Tells the open pages which hits have come, by Server-Sent Events.
import type { ServerResponse } from 'node:http'

export interface HitStream {
  open(response: ServerResponse): void
  send(hit: unknown): void
}

const REMEMBERED = 50

export function createHitStream(): HitStream {
  const listeners = new Set<ServerResponse>()
  let recent: string[] = []

  return {
    // A page's first hits may be here before its stream is.
    open(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write(`: the hits that come\n\n${recent.join('')}`)
      listeners.add(response)
      response.on('close', () => listeners.delete(response))
    },
    send(hit) {
      const message = `data: ${JSON.stringify(hit)}\n\n`
      recent = [...recent.slice(1 - REMEMBERED), message]
      for (const response of listeners) response.write(message)
    },
  }
}
