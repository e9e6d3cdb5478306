import type { Log } from '../../core/log.ts'
import { isRecord } from '../../core/read.ts'
import type { PersonCounts, PersonKeys } from '../../store/person.ts'
import { bodyText, rawText } from '../body-text.ts'
import type { EventStore } from '../event-store.ts'
import type { Intake } from '../intake.ts'
import type { LateEvents } from '../late-events.ts'
import { parseServerEvent, parseServerRequest } from '../parse.ts'
import type { ReadPause } from '../pause.ts'
import { toPersonKeys } from '../person-keys.ts'
import type { RequestContext } from '../request-context.ts'
import { type Answer, refuse, report, respond } from '../respond.ts'
import type { ReadServerEvents, ServerRequestFacts } from '../server-intake.ts'
import type { Throttle } from '../throttle.ts'
import { allSkipped } from '../unsent.ts'
import type { OrderEvent } from './order-event.ts'
import type { Person } from './person.ts'
import type { Delivery, ShopSystem } from './shop-system.ts'
import { shopify } from './shopify-webhooks.ts'
import { createSignatureCheck, type IsSigned } from './signature.ts'
import { opens, type Source, type Sources } from './sources.ts'
import { type WhySkipped, whySkipped } from './why-skipped.ts'
import { woocommerce } from './woocommerce-webhooks.ts'

export interface WebhookOptions {
  sources: Sources
  readPause: ReadPause
  store: EventStore
  readerOf: (source: Source) => ReadServerEvents
  lateEvents: LateEvents
  log: Log
  throttle: Throttle
  facts: () => ServerRequestFacts
  /** Erases a person's events. Missing if events cannot be found by person. */
  erase?: ((person: PersonKeys) => Promise<PersonCounts>) | undefined
}

/** The answer to a request to `webhook` or `webhook/<name>`, and the source that it counts for. */
export interface WebhookAnswer {
  source: string
  answer: Answer
}

export type TakeWebhook = (request: Request, context: RequestContext, name?: string) => Promise<WebhookAnswer>

const systems = { shopify, woocommerce } as const satisfies Partial<Record<Source['type'], ShopSystem>>

/** Receives events from servers: by Converge's server API, or as a shop system's own webhooks. */
export function createWebhooks(options: WebhookOptions): TakeWebhook {
  const { sources } = options
  const takers = new Map(sources.all.map(({ name }) => [name, createTaker(sources.named(name), options)]))
  const hasWebhook = sources.all.some(({ type }) => type === 'webhook')

  function sourceOf(request: Request, name: string | undefined): Source | Answer {
    if (name !== undefined)
      return sources.named(name) ?? refuse(404, 'This URL has no webhook: sources has no source with this name.')
    if (!hasWebhook) return refuse(404, noWebhook(sources))
    return sources.withToken(tokenOf(request)) ?? wrongToken
  }

  return async (request, context, name) => {
    const source = sourceOf(request, name)
    if ('status' in source) return { source: name ?? 'webhook', answer: source }
    const take = takers.get(source.name)
    const answer = take ? await take(request, context) : wrongToken
    return { source: source.name, answer }
  }
}

const wrongToken = refuse(401, 'X-Webhook-Token is missing or wrong.')

function noWebhook({ all }: Sources): string {
  const signed = all.filter(({ type }) => type in systems).map(({ name }) => `webhook/${name}`)
  const there = signed.length ? ` The webhooks are: ${signed.join(', ')}.` : ''
  return `This URL has no webhook: webhookToken is not set.${there}`
}

const tokenOf = ({ headers }: Request): string => headers.get('x-webhook-token') ?? ''

type Taker = (request: Request, context: RequestContext) => Promise<Answer>

function createTaker(source: Source | undefined, options: WebhookOptions): Taker | undefined {
  if (!source) return undefined
  if (source.type === 'shopify' || source.type === 'woocommerce')
    return createShopTaker(source, systems[source.type], options)
  return createServerTaker(source, options)
}

/** Stores the events of a request, unless its source is disabled or the intake is paused. */
function createKeeper(source: Source, { readPause, store, lateEvents }: WebhookOptions) {
  /** Denials still count, and a paused source's orders still belong to the history of customers. */
  async function skipAll(why: WhySkipped, events: number, intake: Intake, context: RequestContext): Promise<Answer> {
    const { denials } = intake
    const history = source.isEnabled ? intake.history : undefined
    const log = allSkipped(intake, why.code)
    if (!history && !denials.length) {
      store.note(log)
      return skip(why.message, events)
    }
    const remembered = {
      ...{ taken: [], problems: [], late: [], statuses: { skipped: events }, denials, log },
      ...(history && { history }),
    }
    const answer = await store.store(remembered, context)
    return answer.status === 202 ? skip(why.message, events) : answer
  }

  return async (intake: Intake, events: number, facts: ServerRequestFacts, context: RequestContext) => {
    const why = whySkipped(source, await readPause())
    if (why && events > 0) return skipAll(why, events, intake, context)
    lateEvents.note(intake.late, source.name, facts.receivedAt)
    return store.store(intake, context)
  }
}

/** Answers 202 to events that are intentionally not sent. `reason` starts with a code, such as `paused: …`. */
export function skip(reason: string, events = 1): Answer {
  return report({ accepted: 0, statuses: { skipped: events } }, { problems: [{ path: '', message: reason }] })
}

/** Converge's server API, authenticated by a token. */
function createServerTaker(source: Source, options: WebhookOptions): Taker {
  const read = options.readerOf(source)
  const keep = createKeeper(source, options)
  return async (request, context) => {
    if (!opens(source, tokenOf(request))) return wrongToken
    const body = await bodyText(request, context)
    if (typeof body !== 'string') return body
    const facts = options.facts()
    const parsed = parseServerRequest(body)
    return keep(read(parsed, facts), parsed.good.length, facts, context)
  }
}

/**
 * A shop system's webhooks, authenticated by their signature. A shop system retries what is not answered 2xx, and deletes the
 * webhook after several failures. So a wrong signature is answered 401 and a failed write 503. Everything else is answered
 * 202, including orders that are invalid for good.
 */
function createShopTaker(source: Source, system: ShopSystem, options: WebhookOptions): Taker {
  const isSigned: IsSigned = createSignatureCheck(source.secrets)
  const takeDelivery = createDeliveryTaker(source, system, options)
  return async (request, context) => {
    const body = await rawText(request, context)
    if (typeof body !== 'string') return body
    if (system.isPing(body)) return respond(200, { accepted: 0 })
    if (!(await isSigned(body, request.headers.get(system.signatureHeader))))
      return refuse(
        401,
        `The ${system.name} signature of the body is missing, or does not match the secret of this source.`,
      )
    const fields = parseObject(body)
    if (!fields) {
      options.log('error', `A ${system.name} webhook is not JSON. Choose JSON as its format`, {
        source: source.name,
      })
      return fail([{ path: '', message: 'is not a JSON object' }])
    }
    return takeDelivery(system.read(fields, request.headers, source), context)
  }
}

const fail = (problems: Intake['problems']): Answer => report({ accepted: 0, statuses: { failure: 1 } }, { problems })

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(body)
    return isRecord(json) ? json : undefined
  } catch {
    return undefined
  }
}

/** Processes a signed webhook. */
function createDeliveryTaker(source: Source, system: ShopSystem, options: WebhookOptions) {
  const { log, throttle } = options
  const read = options.readerOf(source)
  const keep = createKeeper(source, options)

  async function takeOrder(event: OrderEvent, context: RequestContext): Promise<Answer> {
    const facts = options.facts()
    const parsed = parseServerEvent(event)
    const answer = await keep(read(parsed, facts), parsed.good.length, facts, context)
    if (answer.status !== 400) return answer
    // The order is invalid for good, such as one with forged cart attributes. The log does not identify the customer.
    const { path, message } = answer.problem ?? { path: '', message: 'could not be read' }
    const line = throttle.allow(`order ${source.name}`)
    if (line)
      log('error', `A ${system.name} order is invalid and was not accepted`, {
        source: source.name,
        order: event.event_id,
        problem: `${path} ${message}`.trim(),
        more: line.leftOut || undefined,
      })
    return fail([{ path, message }])
  }

  async function erasePerson(person: Person): Promise<Answer> {
    const erased = await options.erase?.(toPersonKeys(person))
    if (!erased) {
      log(
        'warn',
        `${system.name} asks to erase a customer, but events cannot be found by customer here. Drop the dead letters, if there are any`,
        {
          source: source.name,
        },
      )
      return respond(200, { accepted: 0 })
    }
    const { waiting, deadLetters, sending, customers } = erased
    log('info', `${system.name} asked to erase a customer. Their events were erased`, {
      source: source.name,
      waiting,
      dead: deadLetters,
      sending,
      customers,
    })
    return respond(200, { accepted: 0, erased: { waiting, dead_letters: deadLetters, sending, customers } })
  }

  return (delivery: Delivery, context: RequestContext): Answer | Promise<Answer> => {
    switch (delivery.kind) {
      case 'order':
        return takeOrder(delivery.event, context)
      case 'erase':
        return erasePerson(delivery.person)
      case 'skip':
        return skip(delivery.reason)
      case 'note':
        log('warn', delivery.message, { source: source.name })
        return respond(200, { accepted: 0 })
    }
  }
}
