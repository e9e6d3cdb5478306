// What each address of the demo answers: the shop's page, the built converge.js, and TikTok's part.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../../src/types.ts'
import { createPixelHost } from '../../test/tiktok/pixel-host.ts'
import { createHitStream } from './hit-stream.ts'

export interface ShopOptions {
  /** A real pixel: converge.js is served as it is, and hits go to TikTok. */
  pixelId?: string
}

export interface Shop {
  /** `path` is path and query. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>
}

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** Where converge.js finds TikTok, by the page's switch. */
const places: Record<string, string> = {
  loads: '/tiktok',
  refused: '/refused', // 404, as good as blocked
  empty: '/empty', // what some blockers answer instead
}

export function createShop({ pixelId }: ShopOptions): Shop {
  const tiktok = createPixelHost()
  const hits = createHitStream()
  let told = 0

  async function playTikTok(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    await tiktok.answer(request, response, path)
    while (told < tiktok.hits.length) hits.send(tiktok.hits[told++])
  }

  async function page(query: URLSearchParams): Promise<string> {
    const place = placeOf(query)
    const html = (await readHere('index.html'))
      .replace('/* config */ {}', JSON.stringify(configOf(query), null, 1).replace(/\n */g, ' '))
      .replace('src="/converge.js"', place === 'loads' ? '$&' : `src="/converge.js?events=${place}"`)
    return pixelId
      ? html.replaceAll(standInPixelId, pixelId).replace('data-tiktok="stand-in"', 'data-tiktok="real"')
      : html
  }

  async function script(origin: string, query: URLSearchParams): Promise<string> {
    const built = await readHere('../../dist/converge.js')
    const place = placeOf(query)
    return pixelId && place === 'loads' ? built : withTikTokAt(`${origin}${places[place]}`, built)
  }

  async function answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const send = (type: string, body: string, status = 200) =>
      void response.writeHead(status, { 'content-type': types[type], 'cache-control': 'no-store' }).end(body)
    try {
      const url = new URL(path, `http://${request.headers.host}`)
      const [, file, type = ''] = /^\/([a-z-]+\.(js|css))$/.exec(url.pathname) ?? []
      if (url.pathname === '/') send('html', await page(url.searchParams))
      else if (url.pathname === '/converge.js') send('js', await script(url.origin, url.searchParams))
      else if (url.pathname === '/hits') hits.open(response)
      else if (path.startsWith('/tiktok/')) await playTikTok(request, response, path.slice('/tiktok'.length))
      else if (path.startsWith('/empty/')) send('js', '')
      else if (file && existsSync(new URL(file, import.meta.url))) send(type, await readHere(file))
      else send('html', 'There is nothing here.', 404)
    } catch (error) {
      send('html', 'That went wrong: see the terminal.', 500)
      console.error(error)
    }
  }

  return { answer }
}

const standInPixelId = 'C4DEMO00000000000000'

/** @throws where the address isn't found: nothing may go to TikTok unnoticed */
function withTikTokAt(place: string, script: string): string {
  const replaced = script.replace(/https:\/\/analytics\..{0,60}?tiktok\.com/g, place)
  if (replaced === script)
    throw new Error("dist/converge.js does not hold TikTok's address where the demo looks for it.")
  return replaced
}

/** Only what the page's switches offer comes through, so that it may stand in a script. */
function configOf(query: URLSearchParams): Partial<Config> {
  const contentId = (['default', 'product_id', 'variant_id', 'sku'] as const).find(
    (one) => one === query.get('content'),
  )
  const any = [{ property: 'total_price', operator: 'greater_than_or_equal', value: 50 }] as const
  return {
    ...(contentId && { contentId }),
    ...(query.get('filter') === 'orders' && { filters: [{ event: 'Placed Order', any }] }),
  }
}

function placeOf(query: URLSearchParams): string {
  const wanted = query.get('events') ?? ''
  return Object.hasOwn(places, wanted) ? wanted : 'loads'
}

const readHere = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), 'utf8')
