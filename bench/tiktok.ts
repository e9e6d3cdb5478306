// A minimal Events API of TikTok. It answers, and counts the events.

import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { portOf } from '../test/browser/network.ts'

export interface EventsApiSink {
  url: string
  /** Events that came, in answered requests. */
  taken(): number
  /** Resolves once no event came for 0.2 s, so that what one server still sends does not slow down the next one. */
  quiet(): Promise<void>
  /** Whether it answers 503 from now on. */
  setDown(isDown: boolean): void
  /** Milliseconds until it answers. */
  setDelay(milliseconds: number): void
  close(): void
}

const mark = Buffer.from('"event_time":')

export async function createEventsApiSink(): Promise<EventsApiSink> {
  let taken = 0
  let isDown = false
  let delay = 0
  const server = createServer((request, response) => {
    let count = 0
    // A mark that two chunks share is missed: one in some thousands.
    request.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + mark.length)) count++
    })
    request.once('end', () => {
      if (!isDown) taken += count
      const answer = () => response.writeHead(isDown ? 503 : 200).end(isDown ? '' : '{"code":0,"message":"OK"}')
      if (delay) setTimeout(answer, delay)
      else answer()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}/open_api/v1.3/event/track/`,
    taken: () => taken,
    async quiet() {
      for (let before = -1; before !== taken; await pause(200)) before = taken
    },
    setDown(down) {
      isDown = down
    },
    setDelay(milliseconds) {
      delay = milliseconds
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
