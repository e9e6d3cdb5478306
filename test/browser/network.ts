// The internet of a browser under test: an HTTP proxy on loopback that answers for every host itself.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import { generate } from 'selfsigned'
import { PATIENCE } from '../patience.ts'
import { createPixelHost, type PixelHost } from '../tiktok/pixel-host.ts'

/** Answers for one host. `path` includes the query. */
export type Site = (request: IncomingMessage, response: ServerResponse, path: string) => void | Promise<void>

export interface Served {
  body: string | Uint8Array
  /** HTML, or JavaScript if the path ends in .js. */
  type?: string
  status?: number
  headers?: Record<string, string>
}

export interface LoggedRequest {
  /** Date.now() at its arrival. */
  time: number
  secure: boolean
  host: string
  /** Path and query. */
  path: string
  method: string
  headers: IncomingMessage['headers']
  /** Complete once `done`. */
  body: string
  done: boolean
}

export interface Network {
  /** The proxy's port on 127.0.0.1. */
  readonly port: number
  /** TikTok, at its own host names. */
  readonly tiktok: PixelHost
  /** Every request, in the order of arrival. */
  readonly log: LoggedRequest[]
  /** URLs that a page requested and no host serves. */
  readonly strays: string[]
  /** Lets a host answer, by http and https: a handler, or a table of paths (without query). The last one wins. */
  serve(host: string, site: Site | Record<string, string | Served>): void
  /** Resolves with the awaited request once its body has arrived. */
  waitForRequest(wanted: (request: LoggedRequest) => boolean, timeout?: number): Promise<LoggedRequest>
  /** The origins whose documents were requested, and whether a browser may keep a response or its cookie. */
  readonly traces: { origins: Set<string>; isKept: boolean }
  /** From now until `reset`, every host answers with an empty document, and nothing is logged. */
  fallSilent(): void
  /** Clears hosts, log, strays and traces, and TikTok's hits and faults. */
  reset(): void
  close(): Promise<void>
}

/** Firefox and Chromium contact their vendors regardless of settings. These requests are answered 502 and are not strays. */
const browsersOwnHosts =
  /(^|\.)(mozilla\.(com|org|net)|firefox\.com|dummy\.test|google\.com|googleapis\.com|gvt1\.com)$/

const tiktokHosts = ['analytics.tiktok.com', 'analytics.us.tiktok.com']

/** PEM texts. */
export interface Certificate {
  key: string
  cert: string
}

/** The certificate of every host in every network. */
export async function createCertificate(): Promise<Certificate> {
  const pems = await generate([{ name: 'commonName', value: 'loopback' }], { algorithm: 'sha256', keySize: 2048 })
  return { key: pems.private, cert: pems.cert }
}

export async function createNetwork(certificate?: Certificate): Promise<Network> {
  const tiktok = createPixelHost()
  const sites = new Map<string, Site>()
  const log: LoggedRequest[] = []
  const strays: string[] = []
  const watchers = new Set<(request: LoggedRequest) => void>()
  const sockets = new Set<Socket>()
  const traces = { origins: new Set<string>(), isKept: false }
  let isSilent = false

  const stray = (address: string, host: string) => {
    if (!browsersOwnHosts.test(host)) strays.push(address)
  }

  function note(request: IncomingMessage, entry: LoggedRequest): void {
    log.push(entry)
    // Copies the body as Node adds it, so that the host can still read the request as a stream.
    const chunks: Buffer[] = []
    const push = request.push.bind(request)
    request.push = (chunk, encoding) => {
      if (chunk !== null) chunks.push(Buffer.from(chunk))
      else {
        entry.body = Buffer.concat(chunks).toString('utf8')
        entry.done = true
        for (const look of [...watchers]) look(entry)
      }
      return push(chunk, encoding)
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse, secure: boolean): Promise<void> {
    const url = new URL(request.url ?? '/', `${secure ? 'https' : 'http'}://${request.headers.host}`)
    const path = url.pathname + url.search
    if (isSilent) {
      response.writeHead(200, { 'content-type': typeOf('/'), 'access-control-allow-origin': '*' }).end()
      return
    }
    const site = sites.get(url.hostname)
    if (!site) {
      stray(url.href, url.hostname)
      response.writeHead(502).end()
      return
    }
    const { method = 'GET', headers } = request
    if (headers.accept?.includes('text/html')) traces.origins.add(url.origin)
    // Node sets the same header by default. Only after this call can the others be read.
    response.setHeader('date', new Date().toUTCString())
    response.once('finish', () => (traces.isKept ||= isKept(response)))
    note(request, { time: Date.now(), secure, host: url.hostname, path, method, headers, body: '', done: false })
    try {
      await site(request, response, path)
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`${url.href} could not be answered: ${error}`)
    }
  }

  const tls = createSecureServer(certificate ?? (await createCertificate()), (request, response) =>
    answer(request, response, true),
  )
  const proxy = createServer((request, response) => answer(request, response, false))
  // By default, Node closes a connection that is idle for 5 s, and a request that the browser sends at that moment is lost.
  for (const server of [proxy, tls]) server.keepAliveTimeout = 0
  proxy.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    const host = (request.url ?? '').replace(/:\d+$/, '')
    socket.on('error', () => {}) // a tab was closed in the middle
    if (isSilent || sites.has(host)) {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      tls.emit('connection', socket)
    } else {
      stray(`https://${host}/`, host)
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))

  function serve(host: string, site: Site | Record<string, string | Served>): void {
    sites.set(host, typeof site === 'function' ? site : tableOf(site))
  }

  function waitForRequest(wanted: (request: LoggedRequest) => boolean, timeout = PATIENCE): Promise<LoggedRequest> {
    return new Promise((resolve, reject) => {
      const look = (entry: LoggedRequest) => {
        if (!entry.done || !wanted(entry)) return
        clearTimeout(timer)
        watchers.delete(look)
        resolve(entry)
      }
      const timer = setTimeout(() => {
        watchers.delete(look)
        const came = log.map(({ method, host, path }) => `${method} ${host}${path}`).join(', ') || 'none'
        reject(new Error(`The request waited for did not come within ${timeout} ms; those that came: ${came}.`))
      }, timeout)
      watchers.add(look)
      log.forEach(look)
    })
  }

  function fallSilent(): void {
    isSilent = true
  }

  function reset(): void {
    isSilent = false
    traces.origins.clear()
    traces.isKept = false
    sites.clear()
    for (const host of tiktokHosts) serve(host, tiktok.answer)
    log.length = 0
    strays.length = 0
    tiktok.reset()
  }
  reset()

  function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => proxy.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    return closed
  }

  return { port: portOf(proxy), tiktok, log, strays, serve, waitForRequest, traces, fallSilent, reset, close }
}

/** The port of a listening server. */
export function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port.')
  return address.port
}

function tableOf(table: Record<string, string | Served>): Site {
  const entries = new Map(Object.entries(table))
  return (_request, response, path) => {
    const pathname = path.replace(/\?.*/, '')
    const found = entries.get(pathname) ?? { body: '', status: 404 }
    const { body, status = 200, headers, type = typeOf(pathname) } = typeof found === 'string' ? { body: found } : found
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(body)
  }
}

/** Without these headers, a browser stores neither the response nor a cookie. */
function isKept(response: ServerResponse): boolean {
  if (response.hasHeader('set-cookie')) return true
  const isStored = ['cache-control', 'etag', 'last-modified', 'expires'].some((name) => response.hasHeader(name))
  return isStored && !String(response.getHeader('cache-control')).includes('no-store')
}

const typeOf = (path: string): string =>
  path.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8'
