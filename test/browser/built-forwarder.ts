// The built forwarder as a host of the test's network.
import { NodeRequest, sendNodeResponse } from 'srvx/node'
import { afterAll, beforeEach } from 'vitest'
import type { Forwarder, ForwarderConfig } from '../../src/server/forwarder.ts'
import { pixelId } from '../cases/case.ts'
import { createEventsApiHost, type EventsApiHost } from '../tiktok/events-api-host.ts'
import type { Stage } from './in-each-browser.ts'

const { createForwarder }: typeof import('../../src/server/index.ts') = await import(
  new URL('../../dist/server.js', import.meta.url).href
)

export const { createSqliteStore }: typeof import('../../src/node/index.ts') = await import(
  new URL('../../dist/node.js', import.meta.url).href
)

/** TikTok's Events API for one test file, emptied before each test. */
export async function playEventsApi(accessToken: string): Promise<EventsApiHost> {
  const host = await createEventsApiHost({ accessToken, pixelId })
  beforeEach(() => host.reset())
  afterAll(() => host.close())
  return host
}

type Needed = Pick<ForwarderConfig, 'accessToken' | 'allowedOrigins'> & { eventsApiUrl: string }

export interface Weather {
  /** True if the forwarder does not answer posts at the moment. */
  isDown?: () => boolean
  now?: () => number
}

/** Serves a forwarder on a host, at any path, because it routes by the last part. */
export function serveForwarder(
  { network }: Stage,
  host: string,
  config: Needed & Partial<ForwarderConfig>,
  { isDown = () => false, now = Date.now }: Weather = {},
): Forwarder {
  const forwarder = createForwarder({ pixelId, load: 'immediate', ...config }, { now, log: () => {} })
  network.serve(host, async (req, res) => {
    if (isDown() && req.method === 'POST') req.socket.destroy()
    else
      await sendNodeResponse(
        res,
        await forwarder.fetch(new NodeRequest({ req, res }), { ip: req.socket.remoteAddress }),
      )
  })
  return forwarder
}
