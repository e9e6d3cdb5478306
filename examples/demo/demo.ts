// The demo's URLs: the shop's pages, its forwarder, the simulated TikTok, and the demo's own controls.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Html } from './html.ts'
import { cart } from './shop/cart.ts'
import { findProduct, findVariant } from './shop/catalog.ts'
import { checkout, jane } from './shop/checkout.ts'
import { collection } from './shop/collection.ts'
import { itemOf } from './shop/converge.ts'
import { home } from './shop/home.ts'
import { layout, type Page } from './shop/layout.ts'
import { missing } from './shop/missing.ts'
import { product } from './shop/product.ts'
import { search } from './shop/search.ts'
import { thankYou } from './shop/thank-you.ts'
import { consentOf, createVisitors, type Visitor } from './shop/visitors.ts'
import { createStream } from './stream.ts'
import { change, initial } from './switches.ts'
import { tiktokPage } from './tiktok/page.ts'
import { createStandIns } from './tiktok/stand-ins.ts'

export interface DemoOptions {
  /** The shop's origins, whose pages may post events. */
  origins: string[]
  /** The ID of a real pixel. converge.js is then served unchanged, and hits go to TikTok. */
  pixelId?: string | undefined
  /** Where the operator's page is. Default: it is not linked. */
  adminUrl?: string
  /** Puts a month of made-up events behind the operator's page. Default false. */
  withMonth?: boolean
}

export interface Demo {
  /** `path` is path and query. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>
  /** Answers the operator's page. It needs an origin that is not the shop's. */
  answerAdmin(request: IncomingMessage, response: ServerResponse): Promise<void>
  close(): Promise<void>
}

const types: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

const pixelPath = '/tiktok-pixel'
export const standInPixelId = 'C4DEMO00000000000000'

export async function createDemo({ origins, pixelId, adminUrl, withMonth = false }: DemoOptions): Promise<Demo> {
  const visitors = createVisitors()
  let setting = initial
  const isReal = pixelId !== undefined
  const tiktok = await createStandIns({
    origins,
    pixelId: pixelId ?? standInPixelId,
    isReal,
    pixelPath,
    withMonth,
    onNews: () => stream.tell(),
  })
  const stream = createStream(async () => ({ setting, ...(await tiktok.news()) }))

  function pageAt({ pathname, searchParams }: URL, visitor: Visitor): Page | undefined {
    const [, place = '', name = ''] = /^\/([a-z-]*)\/?(.*)$/.exec(pathname) ?? []
    const found = place === 'products' ? findProduct(name) : undefined
    const order = place === 'thank-you' ? visitor.orders.find(({ id }) => id === name) : undefined
    if (pathname === '/') return home()
    if (pathname === '/collections/all') return collection(searchParams.get('type'))
    if (pathname === '/search') return search(searchParams.get('q'))
    if (pathname === '/cart') return cart(visitor)
    if (pathname === '/checkout') return visitor.cart.length ? checkout(visitor) : cart(visitor)
    if (found) return product(found, searchParams.get('variant'))
    if (order) return thankYou(order)
    return undefined
  }

  /** Changes the cart, and returns the added product as Converge's item. */
  function changeCart(visitor: Visitor, variant_id: unknown, by: unknown): object {
    const found = findVariant(variant_id)
    const step = by === -1 ? -1 : 1
    if (found) {
      const line = visitor.cart.find(({ variant }) => variant === found.variant)
      if (line) line.quantity += step
      else if (step > 0) visitor.cart.push({ ...found, quantity: 1 })
      visitor.cart = visitor.cart.filter(({ quantity }) => quantity > 0)
    }
    const count = visitor.cart.reduce((sum, { quantity }) => sum + quantity, 0)
    return { count, ...(found && { item: itemOf({ ...found, quantity: 1 }) }) }
  }

  async function take(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const visitor = visitors.of(request)
    const body = await text(request)
    const sendJson = (value: object) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    switch (path) {
      case '/cart': {
        const { variant_id, by } = JSON.parse(body)
        visitors.remember(visitor, response)
        return sendJson(changeCart(visitor, variant_id, by))
      }
      case '/checkout': {
        if (!visitor.cart.length) return void response.writeHead(303, { location: '/cart' }).end()
        const contact = { ...jane, ...Object.fromEntries(new URLSearchParams(body)) }
        const order = visitors.order(visitor, contact)
        await tiktok.order(order, request)
        return void response.writeHead(303, { location: `/thank-you/${order.id}` }).end()
      }
      case '/demo/report':
        tiktok.report(body)
        return sendJson({})
      case '/demo/switches':
        setting = change(setting, JSON.parse(body))
        await tiktok.apply(setting)
        return sendJson(setting)
      case '/demo/start-over':
        visitors.reset()
        tiktok.reset()
        return sendJson({})
      default:
        return void response.writeHead(404).end()
    }
  }

  async function give(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const send = (type: string, content: string | Buffer, status = 200) =>
      void response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(content)
    const sendPage = ({ html }: Html, status = 200) => send('text/html; charset=utf-8', html, status)
    const [, file, type = ''] = /^\/([a-z-]+\.(css|js|svg))$/.exec(url.pathname) ?? []
    const asset = new URL(`browser/${file}`, import.meta.url)
    if (file && existsSync(asset)) return send(types[type] ?? '', await readFile(asset))
    if (url.pathname === '/demo/stream') return stream.open(response)
    if (url.pathname === '/tiktok') return sendPage(tiktokPage(setting, pixelId, adminUrl))
    const visitor = visitors.of(request)
    const isFramed = request.headers['sec-fetch-dest'] === 'iframe'
    const page = pageAt(url, visitor)
    sendPage(
      layout({ visitor, consent: consentOf(request), setting, isFramed, adminUrl }, page ?? missing()),
      page ? 200 : 404,
    )
  }

  return {
    async answer(request, response, path) {
      try {
        const url = new URL(path, `http://${request.headers.host}`)
        if (path.startsWith('/converge/')) await tiktok.converge(request, response)
        else if (path.startsWith(`${pixelPath}/`)) await tiktok.pixel(request, response, path.slice(pixelPath.length))
        else if (request.method === 'POST') await take(request, response, url.pathname)
        else await give(request, response, url)
      } catch (error) {
        console.error(error)
        if (!response.headersSent) response.writeHead(500)
        response.end('Something went wrong. See the terminal.')
      }
    },
    answerAdmin: tiktok.admin,
    close: tiktok.close,
  }
}
