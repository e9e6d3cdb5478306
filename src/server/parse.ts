import * as v from 'valibot'
import { isRecord, readNumber, readText } from '../core/read.ts'
import type { Content, EventParameters, RelayBatch, RelayedEvent, User } from '../types.ts'
import { isPageBatch, isPageEvent } from './is-page-event.ts'
import {
  MAX_ADDRESS,
  MAX_ALIASES,
  MAX_CONTENTS,
  MAX_EVENT_NAME,
  MAX_EVENTS,
  MAX_PLACE,
  MAX_SEND,
  MAX_TEXT,
  type Shape,
  shapes,
} from './page-event-shapes.ts'

/** A fault of one part of a request. It never repeats the value. */
export interface Problem {
  /** Such as `events[0].send[1].parameters.value`. */
  path: string
  message: string
}

/** One event of a request, with its path. */
export interface Parsed<Event> {
  path: string
  event: Event
}

export interface ParsedRequest<Event> {
  good: Parsed<Event>[]
  problems: Problem[]
  /** Events that could not be read, for the event log. */
  bad: { given: object; problem: Problem }[]
}

const text = (most: number) => v.pipe(v.string(), v.regex(/\S/, 'text that is not blank'), v.maxLength(most))
// Without `words`, valibot would show the regular expression.
const shaped = ({ test, words }: Shape) => v.pipe(v.string(), v.regex(test, words))
const decision = v.optional(v.picklist(['granted', 'denied']))

/** For values that only help matching. An invalid one is dropped, and the event is accepted without it. */
function orNothing<Output>(schema: v.GenericSchema<Output>) {
  return v.optional(v.fallback(v.optional(schema), undefined))
}

const hash = orNothing(shaped(shapes.hash))
const plain = orNothing(v.pipe(text(MAX_PLACE), v.regex(/^[^@]*$/, 'text without @'), v.toLowerCase()))
const address = v.optional(v.fallback(v.pipe(v.string(), v.maxLength(MAX_ADDRESS)), ''), '')

const contentType = v.picklist(['product', 'product_group'])

// `satisfies` requires a rule for each parameter. Without one, the server copy would lose it.
const content = v.object({
  content_id: v.exactOptional(text(MAX_TEXT)),
  content_type: contentType,
  content_name: v.exactOptional(text(MAX_TEXT)),
  content_category: v.exactOptional(text(MAX_TEXT)),
  brand: v.exactOptional(text(MAX_TEXT)),
  price: v.exactOptional(v.pipe(v.number(), v.finite())),
  quantity: v.exactOptional(v.pipe(v.number(), v.finite())),
} satisfies Record<keyof Content, v.GenericSchema>)

const parameters: v.GenericSchema<unknown, EventParameters> = v.object({
  contents: v.exactOptional(v.pipe(v.array(content), v.minLength(1), v.maxLength(MAX_CONTENTS))),
  content_type: v.exactOptional(contentType),
  value: v.exactOptional(v.pipe(v.number(), v.finite())),
  currency: v.exactOptional(shaped(shapes.currency)),
  num_items: v.exactOptional(v.pipe(v.number(), v.finite())),
  order_id: v.exactOptional(text(MAX_TEXT)),
  query: v.exactOptional(text(MAX_TEXT)),
  search_string: v.exactOptional(text(MAX_TEXT)),
} satisfies Record<keyof EventParameters, v.GenericSchema>)

/** One event as a page posts it. The schema explains faults; `isPageEvent` is the fast path. */
export const pageEventSchema = v.object({
  time: v.pipe(v.number(), v.finite()),
  eventName: text(MAX_TEXT),
  eventID: text(MAX_TEXT),
  send: v.pipe(v.array(v.object({ event: text(MAX_EVENT_NAME), parameters })), v.minLength(1), v.maxLength(MAX_SEND)),
  pixel: v.boolean(),
  user: v.optional(
    v.object({
      email: hash,
      phone: hash,
      external_id: hash,
      first_name: hash,
      last_name: hash,
      zip_code: hash,
      city: plain,
      state: plain,
      country: plain,
    } satisfies Record<keyof User, v.GenericSchema>),
    {},
  ),
  visitor: hash,
  aliases: orNothing(v.pipe(v.array(shaped(shapes.hash)), v.minLength(1), v.maxLength(MAX_ALIASES))),
  page: v.optional(v.object({ url: address, referrer: address }), {}),
  ttclid: orNothing(shaped(shapes.clickId)),
  ttp: orNothing(shaped(shapes.cookie)),
  locale: orNothing(shaped(shapes.locale)),
  consent: v.object({ analytics: decision, marketing: decision }),
  gpc: orNothing(v.literal(true)),
  test: orNothing(shaped(shapes.testCode)),
} satisfies Record<keyof RelayedEvent, v.GenericSchema>)

/** What a page posts, without a check of its events. The schema explains faults; `isPageBatch` is the fast path. */
export const pageBatchSchema = v.pipe(
  v.object({
    v: v.literal(1),
    sentAt: v.pipe(v.number(), v.finite()),
    events: v.pipe(v.array(v.unknown()), v.maxLength(MAX_EVENTS)),
    denied: v.optional(v.object({ visitor: shaped(shapes.hash) })),
    cookies: orNothing(v.object({ visitor: hash, ttclid: orNothing(shaped(shapes.clickId)) })),
  } satisfies Record<keyof RelayBatch, v.GenericSchema>),
  v.forward(
    v.partialCheck(
      [['events'], ['denied']],
      ({ events, denied }) => events.length > 0 || denied !== undefined,
      'must have at least 1 entry',
    ),
    ['events'],
  ),
)

type Check<Event> = (given: unknown) => { event: Event } | { issues: readonly v.BaseIssue<unknown>[] }

/** Checks with a schema only. */
const checkBy =
  <Event>(schema: v.GenericSchema<unknown, Event>): Check<Event> =>
  (given) => {
    const { success, output, issues } = v.safeParse(schema, given)
    return success ? { event: output } : { issues }
  }

const checkBySchema = checkBy(pageEventSchema)

/** Uses the slow schema only for events that fail the fast path, because it accepts more forms and explains faults. */
const checkPageEvent: Check<PageEvent> = (given) => (isPageEvent(given) ? { event: given } : checkBySchema(given))

const checkBatchBySchema = checkBy(pageBatchSchema)

type PageBatch = v.InferOutput<typeof pageBatchSchema>

/** As with events, the schema is only for batches that fail the fast path. */
const checkPageBatch: Check<PageBatch> = (given) => (isPageBatch(given) ? { event: given } : checkBatchBySchema(given))

/** A page's event after parsing. It contains no unknown fields. */
export type PageEvent = v.InferOutput<typeof pageEventSchema>

export interface PageRequest extends ParsedRequest<PageEvent> {
  /** The page's clock when it posted, in milliseconds since 1970. */
  sentAt: number
  /** The visitor who has denied consent, as SHA-256. */
  denied: string | undefined
  /** What the page asks to keep in cookies. */
  cookies?: RelayBatch['cookies']
}

/** Parses what a page posts: a `RelayBatch`, which is not trusted. */
export function parsePageRequest(body: string): PageRequest {
  const batch = checkPageBatch(parseJson(body))
  if ('issues' in batch)
    return { sentAt: 0, denied: undefined, good: [], bad: [], problems: toProblems('', batch.issues) }
  const { sentAt, events, denied, cookies } = batch.event
  return {
    sentAt,
    denied: denied?.visitor,
    cookies,
    ...parseEach(checkPageEvent, events, (index) => `events[${index}]`),
  }
}

/** PHP encodes an empty object as `[]`. */
export const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0
const record = v.custom<Record<string, unknown>>((value) => isRecord(value) || isEmptyList(value), 'must be an object')

const id = v.union([text(MAX_TEXT), v.pipe(v.number(), v.finite())], `must be text of up to ${MAX_TEXT} characters`)

const timestamp = v.pipe(
  v.unknown(),
  v.check(
    (value) => Number.isFinite(readTimestamp(value)),
    'must be Unix seconds, or a date and time with a time zone, such as 2026-01-31T12:00:00Z',
  ),
  v.transform(readTimestamp),
)

const serverEvent = v.object({
  event_name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(MAX_TEXT)),
  event_id: v.nullish(id),
  properties: v.nullish(record, {}),
  profile_properties: v.nullish(record, {}),
  aliases: v.nullish(v.pipe(v.array(v.unknown()), v.maxLength(100)), []),
  /** Milliseconds since 1970 after parsing. */
  timestamp: v.nullish(timestamp),
})

/** An event of Converge's server API. Its properties are not checked here: the pipeline copies them and uses the ones it knows. */
export type ServerEvent = v.InferOutput<typeof serverEvent>

/** Parses what a server posts: one event, a list of events, or `{ events: [...] }`. */
export function parseServerRequest(body: string): ParsedRequest<ServerEvent> {
  const json = parseJson(body)
  const inList = isRecord(json) && Array.isArray(json.events) ? json.events : undefined
  const events = Array.isArray(json) ? json : (inList ?? [json])
  if (events.length === 0 || events.length > MAX_EVENTS)
    return {
      good: [],
      bad: [],
      problems: [{ path: inList ? 'events' : '', message: `must be 1 to ${MAX_EVENTS} events` }],
    }
  const pathOf = (index: number) => (inList ? `events[${index}]` : events === json ? `[${index}]` : '')
  return parseEach(checkBy(serverEvent), events, pathOf)
}

/** Parses one event that a built-in source has made. */
export function parseServerEvent(event: unknown): ParsedRequest<ServerEvent> {
  return parseEach(checkBy(serverEvent), [event], () => '')
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function parseEach<Event>(
  check: Check<Event>,
  events: readonly unknown[],
  pathOf: (index: number) => string,
): ParsedRequest<Event> {
  const good: Parsed<Event>[] = []
  const problems: Problem[] = []
  const bad: ParsedRequest<Event>['bad'] = []
  for (const [index, one] of events.entries()) {
    const path = pathOf(index)
    const checked = check(one)
    if ('event' in checked) {
      good.push({ path, event: checked.event })
      continue
    }
    const faults = toProblems(path, checked.issues)
    problems.push(...faults)
    if (isRecord(one) && faults[0]) bad.push({ given: one, problem: faults[0] })
  }
  return { good, bad, problems }
}

/** Uses our own wording, because valibot's messages repeat the value. Reports at most three faults for each event. */
function toProblems(path: string, issues: readonly v.BaseIssue<unknown>[]): Problem[] {
  return issues.slice(0, 3).map((issue) => ({
    path: joinPath(path, issue.path ?? []),
    message: messageOf(issue),
  }))
}

const typeWords = new Map<string | null, string>([
  ['Object', 'an object'],
  ['Array', 'a list'],
  ['string', 'text'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
])

function messageOf({ type, kind, message, expected, input, requirement, path }: v.BaseIssue<unknown>): string {
  if (type === 'custom' || type === 'check' || type === 'partial_check' || type === 'union') return message
  // The fields of JSON are never undefined.
  if (input === undefined) return path ? 'is missing' : 'is not JSON'
  // valibot describes a picklist as `("granted" | "denied")`.
  const words = typeWords.get(expected) ?? String(expected).replace(/[()]/g, '').replaceAll(' | ', ' or ')
  if (kind === 'schema') return `must be ${words}`
  if (type === 'regex') return `must be ${message}`
  if (typeof input === 'number') return 'must be a finite number'
  const [one, several] = Array.isArray(input) ? ['entry', 'entries'] : ['character', 'characters']
  return `must have ${type === 'min_length' ? 'at least' : 'at most'} ${requirement} ${requirement === 1 ? one : several}`
}

function joinPath(path: string, keys: readonly v.IssuePathItem[]): string {
  return keys.reduce((joined, { key }) => {
    if (typeof key === 'number') return `${joined}[${key}]`
    return joined ? `${joined}.${String(key)}` : String(key)
  }, path)
}

const isoWithZone = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)$/i
const AS_MILLISECONDS = 1e11 // Unix seconds reach it in the year 5138

/** Returns milliseconds since 1970, or NaN. */
function readTimestamp(value: unknown): number {
  const number = readNumber(value)
  if (number >= 0) return number > AS_MILLISECONDS ? number : number * 1000
  const text = readText(value)
  if (!isoWithZone.test(text)) return Number.NaN
  const zone = text
    .replace(' ', 'T')
    .replace(/([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`)
  return Date.parse(zone)
}
