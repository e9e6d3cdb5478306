// The requests to the forwarder. The session is a cookie that this page cannot read.

/** An answer other than 2xx, with the forwarder's sentence. */
export class ApiError extends Error {
  readonly status: number
  /** Seconds after which the same request may get another answer. 0 if the forwarder named none. */
  readonly retryAfter: number

  constructor(status: number, message: string, retryAfter = 0) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }
}

export interface Api {
  /** @throws ApiError, or a TypeError if the forwarder does not answer */
  get<Value>(path: string, parameters?: Record<string, string>, signal?: AbortSignal): Promise<Value>
  /** @throws ApiError, or a TypeError if the forwarder does not answer */
  post<Value>(path: string, body: object): Promise<Value>
  /** The URL of a download. */
  urlOf(path: string, parameters: Record<string, string>): string
  /** Called when an answer is 401, because the session ended. */
  onSignedOut: () => void
}

export function createApi(base: URL): Api {
  async function request<Value>(url: URL, init: RequestInit): Promise<Value> {
    const response = await fetch(url, { ...init, cache: 'no-store', credentials: 'same-origin', redirect: 'error' })
    if (response.status === 401 && !url.pathname.endsWith('/sign-in')) api.onSignedOut()
    const text = await response.text()
    if (!response.ok) {
      const seconds = Number(response.headers.get('retry-after'))
      throw new ApiError(response.status, sentenceOf(response.status, text), seconds > 0 ? seconds : 0)
    }
    return JSON.parse(text || '{}')
  }

  function address(path: string, parameters: Record<string, string> = {}): URL {
    const url = new URL(path, base)
    for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value)
    return url
  }

  const api: Api = {
    get: (path, parameters, signal) => request(address(path, parameters), signal ? { signal } : {}),
    post: (path, body) =>
      request(address(path), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    urlOf: (path, parameters) => address(path, parameters).href,
    onSignedOut: () => {},
  }
  return api
}

function sentenceOf(status: number, text: string): string {
  try {
    const { error } = JSON.parse(text)
    if (typeof error === 'string') return error
  } catch {
    // A proxy answered instead of the forwarder.
  }
  return `The forwarder answered with HTTP status ${status}.`
}

/** A sentence about a failed request. */
export function problemOf(error: unknown): string {
  if (error instanceof ApiError) return error.message
  return 'The forwarder does not answer. Check that it runs and that this device is online.'
}
