import { adminToken } from './node-requests.ts'

export interface AdminClient {
  get(path: string, headers?: Record<string, string>): Promise<Response>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** The body of a GET that is answered 200. */
  read<Body>(path: string): Promise<Body>
  signIn(token?: string): Promise<Response>
}

/** An operator's browser: it keeps the session's cookie, and sends what a browser sends from the page itself. */
export function createAdminClient(url: string): AdminClient {
  let cookie = ''
  const sent = (headers: Record<string, string>) => ({ 'sec-fetch-site': 'same-origin', cookie, ...headers })
  const client: AdminClient = {
    get: (path, headers = {}) => fetch(`${url}/admin/api/${path}`, { headers: sent(headers) }),
    post: (path, body, headers = {}) =>
      fetch(`${url}/admin/api/${path}`, {
        method: 'POST',
        headers: sent({ origin: new URL(url).origin, 'content-type': 'application/json', ...headers }),
        body: JSON.stringify(body),
      }),
    async read(path) {
      const answer = await client.get(path)
      if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`)
      return answer.json()
    },
    async signIn(token = adminToken) {
      const answer = await client.post('sign-in', { token })
      cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie
      return answer
    },
  }
  return client
}

export async function signedIn(url: string): Promise<AdminClient> {
  const client = createAdminClient(url)
  const { status } = await client.signIn()
  if (status !== 200) throw new Error(`The sign-in was answered ${status}.`)
  return client
}
