// A stand-in for business-api.tiktok.com: accepts POST /open_api/v1.3/event/track/ on loopback, checks the body as strictly as
// TikTok may, and records it. Faults are set here, never by the sender.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { EventsApiEvent } from '../../src/tiktok/events-api/event.ts'
import { PATIENCE } from '../patience.ts'
import { createEventCounter } from './count-events.ts'

const path = '/open_api/v1.3/event/track/'

export interface EventsApiBody {
  event_source: 'web'
  event_source_id: string
  test_event_code?: string
  partner_name?: string
  data: EventsApiEvent[]
}

/** A request with its answer, including refused ones. */
export interface EventsApiRequest {
  /** Milliseconds since 1970. */
  at: number
  headers: IncomingHttpHeaders
  /** The body's text. */
  text: string
  /** `undefined` if TikTok would not have accepted the body. */
  body: EventsApiBody | undefined
  status: number
  /** TikTok's `code`, inside HTTP 200. */
  code: number | undefined
  message: string | undefined
}

export interface AcceptedEvent extends EventsApiEvent {
  test_event_code?: string
  /** Milliseconds since 1970. */
  acceptedAt: number
}

/** The fault of a request. Its events are not accepted, unless stated. */
export interface Fault {
  /** The delay of the answer, in milliseconds or until a promise resolves. `never` hangs. Without other faults the answer is a success. */
  after?: number | Promise<unknown>
  /** An HTTP status other than 200. */
  status?: number
  /** With `status`: the header Retry-After. */
  retryAfter?: string
  /** The Date header. Default: now. */
  date?: string
  /** With `status`: the header Location. */
  location?: string
  /** TikTok's `code`, inside HTTP 200. 20001 accepts the events all the same. */
  code?: number
  message?: string
  /** The body, instead of TikTok's JSON. */
  garbage?: string
  /** `at once` closes the connection before the body is read. `half-way` closes it within the answer, after accepting the events. */
  hangUp?: 'at once' | 'half-way'
}

export interface EventsApiHost {
  /** The address to post to. */
  readonly url: string
  /** Every request that was read, in the order of arrival. */
  readonly requests: EventsApiRequest[]
  /** Every accepted event, including repeated ones. */
  readonly accepted: AcceptedEvent[]
  /** The events that TikTok would count: the first of each name and event_id within 48 hours. */
  readonly counted: AcceptedEvent[]
  readonly faults: {
    /** The fault of every request, until it is changed. */
    always: Fault
    /** The faults of the next requests, one each. Afterwards `always` applies again. */
    next: Fault[]
    /** The fault of a request with a valid body, by its events. Takes precedence over the others. */
    of: ((body: EventsApiBody) => Fault) | undefined
  }
  /** Resolves when this many events have been accepted, or once they satisfy `enough`. */
  waitForAccepted(enough: number | ((accepted: AcceptedEvent[]) => boolean), timeout?: number): Promise<AcceptedEvent[]>
  /** Resolves when this many requests have been read, or once they satisfy `enough`. */
  waitForRequests(
    enough: number | ((requests: EventsApiRequest[]) => boolean),
    timeout?: number,
  ): Promise<EventsApiRequest[]>
  /** Clears requests, events and faults. */
  reset(): void
  /** Connections are refused from now on. */
  close(): Promise<void>
  /** After `close`: listens again, at the same address. */
  listen(): Promise<void>
}

export interface EventsApiHostOptions {
  /** The valid token. Others are refused with 40105. Default: any. */
  accessToken?: string
  /** The valid pixel ID. Others are refused with 40001. Default: any. */
  pixelId?: string
  /** Default: a free port. */
  port?: number
}

/** Starts it. */
export async function createEventsApiHost(options: EventsApiHostOptions = {}): Promise<EventsApiHost> {
  const requests: EventsApiRequest[] = []
  const accepted: AcceptedEvent[] = []
  const counted: AcceptedEvent[] = []
  const counter = createEventCounter()
  const faults: EventsApiHost['faults'] = { always: {}, next: [], of: undefined }
  const watchers = new Set<() => void>()
  let port = options.port ?? 0
  let lastRequest = 0

  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })

  function accept(body: EventsApiBody): void {
    for (const event of body.data) {
      const { test_event_code } = body
      const taken = { ...event, ...(test_event_code && { test_event_code }), acceptedAt: Date.now() }
      accepted.push(taken)
      if (counter.counts(taken, taken.acceptedAt)) counted.push(taken)
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let fault = faults.next.shift() ?? faults.always
    if (fault.hangUp === 'at once') {
      request.socket.destroy()
      return
    }
    const text = await textOf(request)
    const judged = judge(request, text, options)
    if (judged.body && faults.of) fault = faults.of(judged.body)
    const { status = judged.status, code = judged.code } = fault
    const isSound = judged.code === 0 && status === 200 && fault.garbage === undefined
    if (isSound && judged.body && (code === 0 || code === 20001)) accept(judged.body)
    const said = status === 200 && fault.garbage === undefined
    const message = fault.message ?? (fault.code === undefined ? judged.message : `Played code ${fault.code}`)
    requests.push({
      at: Date.now(),
      headers: request.headers,
      text,
      body: judged.body,
      status,
      code: said ? code : undefined,
      message: said ? message : undefined,
    })
    for (const look of [...watchers]) look()

    await (typeof fault.after === 'number' ? pause(fault.after) : fault.after)
    if (response.destroyed) return
    const sound = JSON.stringify({ code, message, request_id: `stand-in-${++lastRequest}`, data: {} })
    const content = fault.garbage ?? (status === 200 ? sound : '<html><body>no JSON here</body></html>')
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(content),
      ...(fault.retryAfter !== undefined && { 'retry-after': fault.retryAfter }),
      ...(fault.date !== undefined && { date: fault.date }),
      ...(fault.location !== undefined && { location: fault.location }),
    })
    if (fault.hangUp !== 'half-way') {
      response.end(content)
      return
    }
    response.write(content.slice(0, content.length / 2), () => request.socket.destroy())
  }

  function waitFor<Kept>(list: Kept[], enough: number | ((list: Kept[]) => boolean), timeout: number): Promise<Kept[]> {
    const isEnough = () => (typeof enough === 'number' ? list.length >= enough : enough(list))
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!isEnough()) return
        stop()
        resolve([...list])
      }
      const stop = () => {
        clearTimeout(timer)
        watchers.delete(look)
      }
      const timer = setTimeout(() => {
        stop()
        reject(new Error(whatCame(enough, timeout, accepted, requests)))
      }, timeout)
      watchers.add(look)
      look()
    })
  }

  async function listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    const address = server.address()
    if (typeof address === 'object' && address) port = address.port
  }

  await listen()
  return {
    get url() {
      return `http://127.0.0.1:${port}${path}`
    },
    requests,
    accepted,
    counted,
    faults,
    waitForAccepted: (enough, timeout = PATIENCE) => waitFor(accepted, enough, timeout),
    waitForRequests: (enough, timeout = PATIENCE) => waitFor(requests, enough, timeout),
    reset() {
      for (const list of [requests, accepted, counted, faults.next]) list.length = 0
      counter.clear()
      faults.always = {}
      faults.of = undefined
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    listen,
  }
}

/** An answer after this promise hangs. */
export const never: Promise<never> = new Promise(() => {})

interface Judgement {
  status: number
  code: number | undefined
  message: string
  body: EventsApiBody | undefined
}

/** TikTok's answer. Its `code` is always in HTTP 200. */
function judge(request: IncomingMessage, text: string, { accessToken, pixelId }: EventsApiHostOptions): Judgement {
  const refuse = (code: number, message: string): Judgement => ({ status: 200, code, message, body: undefined })
  if (request.url !== path) return { status: 404, code: undefined, message: 'Not found', body: undefined }
  if (request.method !== 'POST') return { status: 405, code: undefined, message: 'Method not allowed', body: undefined }
  const token = request.headers['access-token']
  if (!token) return refuse(40104, 'Access token is empty')
  if (accessToken !== undefined && token !== accessToken)
    return refuse(40105, 'Access token is incorrect or has been revoked')
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    return refuse(40002, 'Content-Type is not JSON')
  if (Buffer.byteLength(text) > 1_048_576) return refuse(40002, 'The request is larger than 1 MB')
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return refuse(40002, 'The body is not JSON')
  }
  const problem = bodyShape(body, 'body')
  if (problem) return refuse(problem.startsWith('body.data: at most') ? 40061 : 40002, problem)
  if (!isBody(body)) return refuse(40002, 'body: not readable')
  if (pixelId !== undefined && body.event_source_id !== pixelId)
    return refuse(40001, `No permission for the event source ${body.event_source_id}`)
  if (body.test_event_code && body.data.length > 1) return refuse(40002, 'body.data: test events go one by one')
  return { status: 200, code: 0, message: 'OK', body }
}

/** The problem of the value at `where`, if any. */
type Shape = (value: unknown, where: string) => string | undefined

const text =
  (shape = /\S/): Shape =>
  (value, where) =>
    typeof value === 'string' && shape.test(value) ? undefined : `${where}: not text that fits ${shape}`
const number: Shape = (value, where) => (Number.isFinite(value) ? undefined : `${where}: not a number`)
const count: Shape = (value, where) => (Number.isInteger(value) ? undefined : `${where}: not a whole number`)
const flag: Shape = (value, where) => (typeof value === 'boolean' ? undefined : `${where}: not true or false`)
const oneOf =
  (...values: string[]): Shape =>
  (value, where) =>
    values.some((one) => one === value) ? undefined : `${where}: not one of ${values.join(', ')}`
const list =
  (element: Shape, most: number): Shape =>
  (value, where) => {
    if (!Array.isArray(value) || value.length === 0) return `${where}: not a list of one or more`
    if (value.length > most) return `${where}: at most ${most} are taken`
    return value.map((one, index) => element(one, `${where}[${index}]`)).find(Boolean)
  }
const oneOrMore =
  (element: Shape): Shape =>
  (value, where) =>
    Array.isArray(value) ? list(element, 100)(value, where) : element(value, where)

/** TikTok ignores unknown keys. Here they are refused, so that nothing unexpected is sent. */
const record =
  (shapes: Record<string, Shape>, required: string[]): Shape =>
  (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${where}: not an object`
    const missing = required.find((key) => !Object.hasOwn(value, key))
    if (missing) return `${where}.${missing}: missing`
    return Object.entries(value)
      .map(([key, one]) => (shapes[key] ? shapes[key](one, `${where}.${key}`) : `${where}.${key}: unknown`))
      .find(Boolean)
  }

const hashed = oneOrMore(text(/^[\da-f]{64}$/))
const plain = text(/^(?!.*[A-Z])\S.*$/)
const seconds: Shape = (value, where) =>
  count(value, where) ?? (Number(value) > 1e9 && Number(value) < 1e10 ? undefined : `${where}: not Unix seconds`)
const currencies =
  /^(AED|ARS|AUD|BDT|BHD|BIF|BOB|BRL|CAD|CHF|CLP|CNY|COP|CRC|CZK|DKK|DZD|EGP|EUR|GBP|GTQ|HKD|HNL|HUF|IDR|ILS|INR|ISK|JPY|KES|KHR|KRW|KWD|KZT|MAD|MOP|MXN|MYR|NGN|NIO|NOK|NZD|OMR|PEN|PHP|PKR|PLN|PYG|QAR|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VES|VND|ZAR)$/

const contentShape = record(
  {
    content_id: text(),
    content_type: oneOf('product', 'product_group'),
    content_name: text(),
    content_category: text(),
    brand: text(),
    price: number,
    quantity: number,
  },
  [],
)

const eventShape = record(
  {
    event: text(/^(?!.{51})[a-zA-Z]([\w-]*[a-zA-Z\d])?$/),
    event_time: seconds,
    event_id: text(),
    limited_data_use: flag,
    user: record(
      {
        email: hashed,
        phone: hashed,
        external_id: hashed,
        first_name: hashed,
        last_name: hashed,
        zip_code: hashed,
        ttclid: text(),
        ttp: text(),
        ip: text(/^[\d.]+$|^[\da-fA-F:.]+$/),
        user_agent: text(),
        locale: text(),
        city: plain,
        state: plain,
        country: plain,
      },
      [],
    ),
    page: record({ url: text(/^https?:\/\/\S+$/), referrer: text() }, []),
    properties: record(
      {
        contents: list(contentShape, 10_000),
        content_type: oneOf('product', 'product_group'),
        currency: text(currencies),
        value: number,
        query: text(),
        search_string: text(), // named by TikTok's newest help tables
        description: text(),
        order_id: text(),
        shop_id: text(),
        num_items: number,
      },
      [],
    ),
  },
  ['event', 'event_time', 'event_id', 'user'],
)

const bodyShape = record(
  {
    event_source: oneOf('web'),
    event_source_id: text(),
    test_event_code: text(),
    partner_name: text(),
    data: list(eventShape, 1000),
  },
  ['event_source', 'event_source_id', 'data'],
)

/** Reads a body whose shape is valid. */
function isBody(body: unknown): body is EventsApiBody {
  return bodyShape(body, 'body') === undefined
}

function whatCame(enough: unknown, timeout: number, accepted: AcceptedEvent[], requests: EventsApiRequest[]): string {
  const awaited = typeof enough === 'number' ? `${enough} of them` : 'what was waited for'
  const events = accepted.map(({ event, event_id }) => `${event} (${event_id})`).slice(-20)
  const answers = requests.map(({ status, code, message }) => `${status} ${code ?? ''} ${message ?? ''}`).slice(-20)
  return `TikTok waited ${timeout} ms for ${awaited}; ${accepted.length} events were accepted: ${events.join(', ')}; ${requests.length} requests came: ${answers.join(', ')}.`
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
