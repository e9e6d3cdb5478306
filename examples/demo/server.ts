// `npm run demo`: a shop on this machine, in which each Converge call shows what it becomes at TikTok.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { parseArgs } from 'node:util'
import { createShop, type ShopOptions } from './shop.ts'

export interface Demo {
  url: string
  /** Stops at once: the stream of hits would keep its connections for ever. */
  close(): void
}

/** Takes `port`, else the next one that is free; 0 means any. */
export async function startDemo({ port, ...options }: ShopOptions & { port: number }): Promise<Demo> {
  const shop = createShop(options)
  const server = createServer((request, response) => shop.answer(request, response, request.url ?? '/'))
  const url = `http://localhost:${await listen(server, port)}`
  return {
    url,
    close() {
      server.close()
      server.closeAllConnections()
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

interface Arguments extends ShopOptions {
  port: number
}

/** @throws a sentence for whoever typed them */
function readArguments(): Arguments {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8085' }, pixel: { type: 'string' } } })
  const { port, pixel: pixelId } = values
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error(`--port is ${port}, not 0 to 65535.`)
  if (pixelId !== undefined && !/^[A-Z\d]{20}$/.test(pixelId))
    throw new Error(`--pixel is ${pixelId}, not the 20 characters A-Z and 0-9 that TikTok's Events Manager shows.`)
  return { port: Number(port), ...(pixelId && { pixelId }) }
}

function whatItIs(url: string, { port, pixelId }: Arguments): string {
  const moved = port && !url.endsWith(`:${port}`) ? `Port ${port} is taken, so this is the next free one.\n` : ''
  const whereTo = pixelId
    ? `Hits go to TikTok, to pixel ${pixelId}: see Events Manager, Test Events.`
    : "Nothing leaves this machine: TikTok's part is played here. For a pixel of yours: npm run demo -- --pixel <ID>"
  return `\n  ${url}\n\n${moved}A small shop: each button is a Converge call, and shows what it becomes at TikTok.\n${whereTo}\nCtrl+C stops it.`
}

if (import.meta.main) {
  try {
    const given = readArguments()
    const demo = await startDemo(given)
    // Not `once`: npm passes on the signal that the terminal has sent already.
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, demo.close)
    console.log(whatItIs(demo.url, given))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
