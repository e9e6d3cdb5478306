import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'

type Encoding = 'br' | 'gzip'

const compressors = { br: promisify(brotliCompress), gzip: promisify(gzip) } satisfies Record<Encoding, unknown>

/** A served script changes only with the config, so few are in use. */
const MAX_KEPT = 20

/**
 * Returns a function that compresses script answers with brotli or gzip, if the request accepts one of them. Each script is
 * compressed once. Other answers are small and stay as they are.
 */
export function createScriptCompressor(): (request: Request, response: Response) => Promise<Response> {
  const kept = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()

  function compress(key: string, encoding: Encoding, text: string): Promise<Uint8Array<ArrayBuffer>> {
    const known = kept.get(key)
    if (known) return known
    if (kept.size >= MAX_KEPT) kept.clear()
    const compressed = compressors[encoding](text).then((bytes) => new Uint8Array(bytes))
    kept.set(key, compressed)
    return compressed
  }

  return async (request, response) => {
    // The address first: reading headers costs the answers to events time.
    if (!/\.js(\?|$)/.test(request.url)) return response
    if (!response.headers.get('content-type')?.startsWith('text/javascript')) return response
    const headers = new Headers(response.headers)
    headers.append('vary', 'accept-encoding')
    const encoding = encodingFor(request.headers.get('accept-encoding') ?? '')
    const etag = headers.get('etag')
    const text = await response.text()
    if (!encoding || !etag || !text) return new Response(text, { status: response.status, headers })
    headers.set('content-encoding', encoding)
    headers.set('etag', `W/${etag}`) // the same script in other bytes (RFC 9110, 8.8.3)
    return new Response(await compress(`${encoding} ${etag}`, encoding, text), { status: response.status, headers })
  }
}

/** The best encoding that an Accept-Encoding header accepts. */
function encodingFor(header: string): Encoding | undefined {
  const accepted = header
    .toLowerCase()
    .split(',')
    .map((part) => part.split(';').map((text) => text.trim()))
    .filter(([, quality]) => !/^q=0(\.0*)?$/.test(quality ?? ''))
    .map(([name]) => name)
  return (['br', 'gzip'] as const).find((encoding) => accepted.includes(encoding))
}
