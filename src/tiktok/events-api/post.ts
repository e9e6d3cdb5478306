import { isRecord, readText } from '../../core/read.ts'
import { eventsApiUrl } from '../hosts.ts'
import { MAX_BYTES_PER_ANSWER } from '../limits.ts'
import { type Outcome, readAnswer } from './read-answer.ts'
import { withinTime } from './within-time.ts'

export interface PostOptions {
  accessToken: string
  /** Default: TikTok's address. If it has no path, TikTok's path is added. */
  url?: string | undefined
  /** The time limit of a call in milliseconds. Default 10,000. */
  timeout?: number
  fetch?: typeof globalThis.fetch
  /** Reads an answer's body up to a number of bytes. Default: all of it. */
  readBody?: (response: Response, limit: number) => Promise<string>
  /** Milliseconds since 1970. */
  now?: () => number
}

/** Returns a function that posts one body to TikTok and reads the answer. It never rejects. */
export function createPost({
  accessToken,
  url = eventsApiUrl,
  timeout = 10_000,
  fetch = globalThis.fetch,
  readBody = (response) => response.text(),
  now = Date.now,
}: PostOptions): (body: string, closing?: AbortSignal) => Promise<Outcome> {
  const given = new URL(url)
  const address = given.pathname === '/' ? new URL(new URL(eventsApiUrl).pathname, given).href : url
  return async (body, closing) => {
    async function call(signal: AbortSignal): Promise<Outcome> {
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'access-token': accessToken },
        body,
        redirect: 'manual', // a redirect must not receive the token
        signal,
      })
      const { status, headers } = response
      const answer = { status, retryAfter: headers.get('retry-after'), date: headers.get('date') }
      return readAnswer({ ...answer, text: await readBody(response, MAX_BYTES_PER_ANSWER) }, now())
    }
    try {
      return await withinTime(call, timeout, closing)
    } catch (error) {
      return { action: 'retry', problem: `TikTok could not be reached: ${reasonOf(error, timeout)}` }
    }
  }
}

function reasonOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeout / 1000} s`
  const cause = isRecord(error.cause) ? error.cause : {}
  return readText(cause.code) || readText(cause.message) || error.message || error.name
}
