import type { Answer } from './respond.ts'
import { scripts } from './scripts.ts'

const MAX_AGE = 600 // seconds that pages may use an old config

/** Returns a function that serves one of the built scripts to any page, with `before` in front of its text. */
export function scriptServer(name: keyof typeof scripts, before = ''): (request: Request) => Promise<Answer> {
  const text = before + scripts[name]
  let etag: Promise<string> | undefined
  // Computed on the first request: a Worker may start without serving a script.
  return async (request) => {
    etag ??= etagOf(text)
    return answer(request, text, await etag)
  }
}

async function etagOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `"${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}"`
}

function answer(request: Request, text: string, etag: string): Answer {
  const headers = {
    etag,
    'cache-control': `public, max-age=${MAX_AGE}`,
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  }
  const known = request.headers.get('if-none-match')?.split(',') ?? []
  if (known.some((one) => [etag, '*'].includes(one.trim().replace(/^W\//, ''))))
    return { status: 304, text: null, headers }
  return {
    status: 200,
    text,
    headers: { ...headers, 'content-type': 'text/javascript; charset=utf-8', 'x-content-type-options': 'nosniff' },
  }
}
