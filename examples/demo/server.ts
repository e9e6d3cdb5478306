// `npm run demo`: a shop on this machine, and a view of what TikTok receives from it.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { parseArgs } from 'node:util'
import { adminToken } from './admin-token.ts'
import { createDemo } from './demo.ts'

export interface StartedDemo {
  url: string
  /** The operator's page, on a port of its own: scripts of the shop must not reach it. */
  adminUrl: string
  /** Stops at once. The event streams would keep their connections open forever. */
  close(): Promise<void>
}

export interface StartOptions {
  /** The port to listen on. If it is taken, the next free one is used. 0 means any. */
  port: number
  /** A real pixel ID. */
  pixelId?: string | undefined
}

export async function startDemo({ port, pixelId }: StartOptions): Promise<StartedDemo> {
  const [server, adminServer] = [createServer(), createServer()]
  const taken = await listen(server, port)
  const url = `http://localhost:${taken}`
  const adminUrl = `http://localhost:${await listen(adminServer, port && taken + 1)}/admin`
  const origins = [url, `http://127.0.0.1:${taken}`]
  const demo = await createDemo({ origins, pixelId, adminUrl, withMonth: true })
  server.on('request', (request, response) => demo.answer(request, response, request.url ?? '/'))
  adminServer.on('request', demo.answerAdmin)
  return {
    url,
    adminUrl,
    async close() {
      for (const one of [server, adminServer]) {
        one.close()
        one.closeAllConnections()
      }
      await demo.close()
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return listen(server, port + 1)
    throw error
  }
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}

/** @throws a sentence about an invalid argument */
function readArguments(): StartOptions {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8085' }, pixel: { type: 'string' } } })
  const { port, pixel: pixelId } = values
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error(`--port is ${port}, not 0 to 65535.`)
  if (pixelId !== undefined && !/^[A-Z\d]{20}$/.test(pixelId))
    throw new Error(`--pixel is ${pixelId}, not the 20 characters A-Z and 0-9 that TikTok's Events Manager shows.`)
  return { port: Number(port), pixelId }
}

function whatItIs({ url, adminUrl }: StartedDemo, { port, pixelId }: StartOptions): string {
  const moved = port && !url.endsWith(`:${port}`) ? `Port ${port} is taken, so this is the next free one.\n` : ''
  const whereTo = pixelId
    ? `Hits go to TikTok's pixel ${pixelId}. See Events Manager, Test Events. The server copies stay on this machine.`
    : 'Nothing leaves this machine, because TikTok is simulated. With your own pixel: npm run demo -- --pixel <ID>'
  return `
  ${url}          the shop: answer the banner and buy something
  ${url}/tiktok   what TikTok receives, live. Each of three buttons plays a story
  ${adminUrl}    the operator's page, with a month of made-up events. Its token: ${adminToken}

${moved}${whereTo}
Ctrl+C stops it.`
}

if (import.meta.main) {
  try {
    const given = readArguments()
    const demo = await startDemo(given)
    // Not `once`: npm sends the signal again after the terminal has sent it.
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, demo.close)
    console.log(whatItIs(demo, given))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
