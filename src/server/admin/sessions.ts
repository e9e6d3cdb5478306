import { isSameToken } from '../same-token.ts'

/** Seconds that a session lasts. */
const LIFETIME = 12 * 3600

/** The cookie of a session. A browser only accepts the prefix `__Host-` with `Secure`, `Path=/` and no `Domain`. */
const cookies = { secure: '__Host-converge-admin', plain: 'converge-admin' } as const

export interface Sessions {
  /** Resolves with the `Set-Cookie` header of a new session. */
  open(request: Request): Promise<string>
  /** Resolves with true if the request has a valid session. */
  isOpen(request: Request): Promise<boolean>
  /** Ends the request's session, and resolves with the `Set-Cookie` header that deletes the cookie. */
  close(request: Request): Promise<string>
}

/**
 * Sessions of operators. A session is its end and a random number, signed with a key that is derived from the admin token. So
 * it survives a restart, is valid on every server of a database, and ends when the token changes. `now` is in milliseconds since 1970.
 */
export function createSessions(adminToken: string, now: () => number): Sessions {
  /** Sessions that were closed before their end, with that end. */
  const closed = new Map<string, number>()
  let key: Promise<CryptoKey> | undefined

  async function sign(text: string): Promise<string> {
    // Made on the first use, because a Worker may not do it while it starts.
    key ??= keyOf(adminToken)
    const signature = await crypto.subtle.sign('HMAC', await key, encoder.encode(text))
    return [...new Uint8Array(signature)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  /** Resolves with the session of a request, if it is valid. */
  async function read(request: Request): Promise<{ id: string; end: number } | undefined> {
    const [end = '', nonce = '', signature = ''] = cookieOf(request)?.split('.') ?? []
    const id = `${end}.${nonce}`
    const seconds = now() / 1000
    if (!/^\d{1,12}$/.test(end) || Number(end) <= seconds || Number(end) > seconds + LIFETIME) return undefined
    if (!isSameToken(signature, await sign(id)) || closed.has(id)) return undefined
    return { id, end: Number(end) }
  }

  return {
    async open(request) {
      const id = `${Math.floor(now() / 1000) + LIFETIME}.${crypto.randomUUID()}`
      return header(request, `${id}.${await sign(id)}`, LIFETIME)
    },
    isOpen: async (request) => (await read(request)) !== undefined,
    async close(request) {
      const session = await read(request)
      for (const [id, end] of closed) if (end <= now() / 1000) closed.delete(id)
      if (session) closed.set(session.id, session.end)
      return header(request, '', 0)
    },
  }
}

const encoder = new TextEncoder()

function keyOf(adminToken: string): Promise<CryptoKey> {
  const secret = encoder.encode(`converge-tiktok session ${adminToken}`)
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}

function cookieOf(request: Request): string | undefined {
  const name = nameFor(request)
  const pairs = (request.headers.get('cookie') ?? '').split(/; */)
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}

function header(request: Request, value: string, seconds: number): string {
  const name = nameFor(request)
  const secure = name === cookies.secure ? ' Secure;' : ''
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly;${secure} SameSite=Strict`
}

/**
 * Safari does not accept `Secure` cookies from http://localhost. On the operator's own machine nobody else reads the connection,
 * so a plain cookie does no harm there. A proxy on the same machine names the protocol that the browser uses.
 */
function nameFor({ url, headers }: Request): string {
  const { protocol, hostname } = new URL(url)
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  const isEncrypted = protocol === 'https:' || headers.get('x-forwarded-proto') === 'https'
  return isLocal && !isEncrypted ? cookies.plain : cookies.secure
}
