import { type Option, options } from '../core/options.ts'
import type { AlertsConfig } from '../server/alerts/alerts-config.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'
import type { NewCustomersConfig } from '../server/forwarder-config.ts'
import { dateRule, FEWEST_DAYS, LONGEST_PROFILE_DAYS, MOST_DAYS, MOST_PROFILES } from '../server/forwarder-options.ts'
import { LONGEST_MERGE_WINDOW } from '../server/merge-window.ts'
import type { SourceConfig, SourceType } from '../server/sources/source-config.ts'
import {
  optionsOfType,
  ordersOfType,
  reservedNames,
  sourceNameRule,
  sourceOptions,
} from '../server/sources/source-options.ts'
import type { LogRetention } from '../store/event-log.ts'
import { eventNameRule } from '../tiktok/names.ts'
import type { Condition, Filter, Forward, MappingRow, Operator } from '../types.ts'
import type { secretOptions } from './file-sources.ts'

/** A JSON Schema, or a part of one. https://json-schema.org/draft-07 */
export interface JsonSchema {
  [keyword: string]: unknown
}

/** The options that a config file may contain. */
type FileOption = Exclude<
  keyof ForwarderConfig,
  | 'accessToken'
  | 'webhookToken'
  | 'adminToken'
  | 'metricsToken'
  | 'delivery'
  | 'outbox'
  | 'store'
  | 'context'
  | 'beforeSend'
  | 'nonce'
>

type FileSourceOption = Exclude<keyof SourceConfig, 'token' | 'secret'> | keyof typeof secretOptions

/** A schema with the valid values of an option. */
const enumOf = ([, valid]: Option): JsonSchema => ({ enum: valid })
const described = (description: string, schema: JsonSchema): JsonSchema => ({ description, ...schema })
const listOf = (items: JsonSchema, more: JsonSchema = {}): JsonSchema => ({ type: 'array', items, ...more })
const keysOf = <Key extends string>(record: Record<Key, true>): string[] => Object.keys(record)

const boolean: JsonSchema = { type: 'boolean' }
const positive: JsonSchema = { type: 'number', exclusiveMinimum: 0 }
const text: JsonSchema = { type: 'string', minLength: 1 }
const tiktokName: JsonSchema = { type: 'string', pattern: toPattern(eventNameRule) }

const operators = keysOf<Operator>({
  equal: true,
  not_equal: true,
  in: true,
  not_in: true,
  contains: true,
  not_contains: true,
  starts_with: true,
  ends_with: true,
  greater_than: true,
  greater_than_or_equal: true,
  lower_than: true,
  lower_than_or_equal: true,
  is_set: true,
  is_not_set: true,
  matches_regex: true,
  does_not_match_regex: true,
})

const scalar: JsonSchema = { type: ['string', 'number', 'boolean'] }

const condition: JsonSchema = {
  type: 'object',
  required: ['property', 'operator'],
  additionalProperties: false,
  properties: {
    property: described('A path (items.vendor), or one of the lists product_ids, variant_ids, product_skus.', text),
    operator: { enum: operators },
    value: described('A list means any of them. Left out for is_set and is_not_set.', {
      anyOf: [scalar, listOf(scalar)],
    }),
    ignoreCase: boolean,
  } satisfies Record<keyof Condition, JsonSchema>,
  if: { properties: { operator: { enum: ['is_set', 'is_not_set'] } } },
  else: { required: ['value'] },
}

const filters = listOf({
  type: 'object',
  required: ['event', 'any'],
  additionalProperties: false,
  properties: {
    event: described('A Converge event name, or * for every event.', text),
    any: listOf({ $ref: '#/definitions/condition' }, { minItems: 1 }),
  } satisfies Record<keyof Filter, JsonSchema>,
})

const row: JsonSchema = {
  anyOf: [
    tiktokName,
    {
      type: 'object',
      required: ['event'],
      additionalProperties: false,
      properties: {
        event: tiktokName,
        forward: { enum: keysOf<Forward>({ client: true, server: true, client_and_server: true }) },
        when: { $ref: '#/definitions/condition' },
      } satisfies Record<keyof MappingRow, JsonSchema>,
    },
  ],
}

const events = described('Rows by Converge event name. false switches the row off.', {
  type: 'object',
  additionalProperties: { anyOf: [{ const: false }, row, listOf(row)] },
})

const variables = described('The name of the environment variable with the value. Each value of a list is valid.', {
  anyOf: [{ $ref: '#/definitions/variable' }, listOf({ $ref: '#/definitions/variable' }, { minItems: 1 })],
})

const sourceProperties = {
  type: enumOf(sourceOptions.type),
  enabled: described('false: events of this source are answered 202 and not sent.', boolean),
  tokenFrom: variables,
  secretFrom: variables,
  mapping: { type: 'object', additionalProperties: false, properties: { events } },
  filters,
  orders: enumOf(sourceOptions.orders),
  skipSourceNames: described(
    'Shopify orders of these source_names are skipped. Default: pos, shopify_draft_order.',
    listOf(text),
  ),
  statuses: described('WooCommerce orders count in these statuses. Default: processing, completed.', listOf(text)),
} satisfies Record<FileSourceOption, JsonSchema>

const inFile: Partial<Record<keyof SourceConfig, keyof typeof secretOptions>> = {
  token: 'tokenFrom',
  secret: 'secretFrom',
}

/** The schema of a source of one type. All types except web have a secret. */
function sourceOf(type: SourceType): JsonSchema {
  const names: string[] = optionsOfType[type].map((option) => inFile[option] ?? option)
  const properties = Object.entries(sourceProperties).filter(([name]) => names.includes(name))
  const orders = ordersOfType[type]
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(properties),
      type: { const: type },
      ...(orders && { orders: { enum: orders } }),
    },
  }
}

const shopSystems: JsonSchema[] = [
  { ...sourceOf('shopify'), required: ['type', 'secretFrom'] },
  { ...sourceOf('woocommerce'), required: ['type', 'secretFrom'] },
]
/** Any source except the page. */
const otherSource: JsonSchema = { oneOf: [{ ...sourceOf('webhook'), required: ['tokenFrom'] }, ...shopSystems] }
/** The source named webhook. Its token may be CONVERGE_WEBHOOK_TOKEN instead. */
const webhookSource: JsonSchema = { oneOf: [sourceOf('webhook'), ...shopSystems] }

const properties = {
  pixelId: described('From TikTok Events Manager: 20 capital letters and digits.', {
    type: 'string',
    pattern: '^[A-Z0-9]{20}$',
  }),
  contentId: described(
    'The ID that becomes content_id. Default: the variant ID if there is one, else the product ID.',
    enumOf(options.contentId),
  ),
  contentType: described(
    'Whether the IDs of your catalog are those of products or of product groups. Default: product.',
    enumOf(options.contentType),
  ),
  value: described(
    'gross (default): total_price as it is. net: without total_tax and total_shipping.',
    enumOf(options.value),
  ),
  mapping: {
    type: 'object',
    additionalProperties: false,
    properties: {
      mode: described('default: events overlay the default mapping. custom: only events. server_only: no pixel.', {
        enum: ['default', 'custom', 'server_only'],
      }),
      events,
    } satisfies Record<keyof NonNullable<ForwarderConfig['mapping']>, JsonSchema>,
  },
  filters,
  consent: described('Default: always. In the EEA, the UK and Switzerland use require.', enumOf(options.consent)),
  consentFrom: described('Consent platforms whose decision is read.', listOf({ enum: ['shopify', 'google'] })),
  gpc: described('The effect of Global Privacy Control. Default: limited_data_use.', enumOf(options.gpc)),
  relay: described('The base URL of your forwarder. Default: the forwarder that served the script.', {
    type: 'string',
    pattern: '^([Hh][Tt][Tt][Pp][Ss]?://[^\\s/\\\\?#]|/(?![/\\\\]))[^\\s\\\\?#]*$',
  }),
  load: described("When TikTok's 150 kB may load. Default: idle.", enumOf(options.load)),
  paused: described('true: the page loads no pixel and sends nothing, and the forwarder accepts no events.', boolean),
  denials: described(
    'The forwarder sets it in the script that it serves: the page posts a denial of consent.',
    boolean,
  ),
  cookies: described(
    "false: the forwarder sets no cookies with the visitor's ID and the click ID. Default: true with a database and a domain.",
    boolean,
  ),
  pageLoads: described(
    'auto: $page_load now and after each navigation within the page. Default: manual.',
    enumOf(options.pageLoads),
  ),
  domain: described("Your shop's domain, such as shop.example.", text),
  limitedDataUse: described("TikTok's Limited Data Use, for every event.", boolean),
  autoConfig: described("TikTok's pixel may collect metadata and clicks by itself. Default: true.", boolean),
  debug: described('Loads the inspector, which shows each event, its status and the reason.', boolean),
  region: described("us: TikTok's US host.", enumOf(options.region)),
  allowedOrigins: described("Your shop's origins, such as https://www.shop.example, and null for sandboxed pages.", {
    ...listOf({ type: 'string', pattern: '^(null|https?://[^/]+)$' }, { minItems: 1 }),
  }),
  sources: described('Sources of events, by name. web is the page.', {
    type: 'object',
    propertyNames: { pattern: toPattern(sourceNameRule), not: { enum: reservedNames } },
    properties: { web: sourceOf('web'), webhook: webhookSource },
    additionalProperties: otherSource,
  }),
  mergeOrders: described(
    'Seconds that an order waits for its other copy. Default: 60 with a signed source and a database.',
    {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_MERGE_WINDOW,
    },
  ),
  profiles: described(
    'Profiles of visitors, which add missing match keys to events. Default: { "days": 30 } with a database. false: none.',
    {
      anyOf: [
        { const: false },
        {
          type: 'object',
          additionalProperties: false,
          properties: {
            days: { type: 'integer', minimum: 1, maximum: LONGEST_PROFILE_DAYS },
            max: { type: 'integer', minimum: 1, maximum: MOST_PROFILES },
          },
        },
      ],
    },
  ),
  alerts: described('Posts a message in the format of Slack when something needs attention, and when it is over.', {
    type: 'object',
    required: ['urlFrom'],
    additionalProperties: false,
    properties: {
      urlFrom: described('The name of the environment variable with the address of an incoming webhook.', {
        $ref: '#/definitions/variable',
      }),
      oldestMinutes: described('Minutes that an event may wait beyond its due time. Default: 30.', positive),
      deadLetters: described('The number of dead letters above which a message is posted. Default: 100.', positive),
      silentHours: described('Hours without an order. Default: not checked.', positive),
    } satisfies Record<Exclude<keyof AlertsConfig, 'url'> | 'urlFrom', JsonSchema>,
  }),
  log: described('How long the event log is kept. false: there is none. Default: 30 days and 1000000000 bytes.', {
    anyOf: [
      { const: false },
      {
        type: 'object',
        additionalProperties: false,
        properties: { days: { ...positive, maximum: MOST_DAYS }, maxBytes: positive } satisfies Record<
          keyof LogRetention,
          JsonSchema
        >,
      },
    ],
  }),
  newCustomers: described('Keeps the first order of each customer, for orders without $is_new_customer.', {
    type: 'object',
    additionalProperties: false,
    properties: {
      since: described('Orders placed on or after this date are decided, because the history has all earlier ones.', {
        type: 'string',
        pattern: toPattern(dateRule),
      }),
      days: described('Days that a customer stays known after the latest order. Default: until they are erased.', {
        type: 'integer',
        minimum: FEWEST_DAYS,
        maximum: MOST_DAYS,
      }),
    } satisfies Record<keyof NewCustomersConfig, JsonSchema>,
  }),
  trustProxy: described(
    "Takes a visitor's IP address from the last entry of X-Forwarded-For. Default: false.",
    boolean,
  ),
  allowTest: described("Honors a page's ?converge_test=CODE. Default: false.", boolean),
  eventsApiUrl: described("Another address for TikTok's Events API, over https.", text),
} satisfies Record<FileOption, JsonSchema>

/** The JSON Schema of converge.json, for completion in editors. The forwarder itself checks its table of options. */
export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'converge.json of converge-tiktok',
  type: 'object',
  required: ['pixelId', 'allowedOrigins'],
  additionalProperties: false,
  properties: { $schema: { type: 'string' }, ...properties },
  definitions: {
    condition,
    variable: { type: 'string', pattern: '^[A-Za-z_]\\w*$' },
  },
} satisfies JsonSchema

/** JSON Schema patterns have no flags, so a rule that ignores case lists both cases. */
function toPattern({ source, flags }: RegExp): string {
  return flags.includes('i') ? source.replaceAll('a-z', 'a-zA-Z') : source
}
