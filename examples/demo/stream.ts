// Sends news to the open pages, by Server-Sent Events.
import type { ServerResponse } from 'node:http'

export interface Stream {
  /** Starts with the current news. */
  open(response: ServerResponse): void
  /** Sends the news to all pages, once for everything that happened in this task. */
  tell(): void
}

export function createStream(news: () => Promise<object>): Stream {
  const listeners = new Set<ServerResponse>()
  let isDue = false

  const message = async () => `data: ${JSON.stringify(await news())}\n\n`

  return {
    open(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.on('close', () => listeners.delete(response))
      listeners.add(response)
      void message().then((text) => response.write(text))
    },
    tell() {
      if (isDue) return
      isDue = true
      setImmediate(async () => {
        isDue = false
        const text = await message()
        for (const response of listeners) response.write(text)
      })
    },
  }
}
