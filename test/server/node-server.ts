import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { serve } from '../../src/node/index.ts'
import { type Bounds, type ForwarderServer, type ServeConfig, serveWithin } from '../../src/node/serve.ts'
import { createEventsApiHost, type EventsApiHost } from '../tiktok/events-api-host.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, pixelId, shop, webhookToken } from './node-requests.ts'

export async function playTikTok(): Promise<EventsApiHost> {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  return tiktok
}

export const newOutbox = (): string => join(createFolder(), 'outbox.db')

/** Serves a forwarder on a free port of loopback until the test has finished. */
export async function startServer(
  tiktok: EventsApiHost,
  config: Partial<ServeConfig> = {},
  bounds?: Bounds,
): Promise<ForwarderServer> {
  const whole = {
    pixelId,
    accessToken,
    webhookToken,
    allowedOrigins: [shop],
    eventsApiUrl: tiktok.url,
    port: 0,
    hostname: '127.0.0.1',
    outbox: newOutbox(),
    ...config,
  }
  const server = await (bounds ? serveWithin(bounds, whole) : serve(whole))
  onTestFinished(() => server.close())
  return server
}
