import { type Option, oneOf, onOrOff, record } from '../../core/options.ts'
import type { SourceConfig, SourceType } from './source-config.ts'

const texts: Option['0'] = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')

/** WooCommerce's statuses are lower-case slugs. Its database has the prefix, its webhooks do not. Without a status, no order would count. */
const statuses: Option['0'] = (value) =>
  texts(value) && [value].flat().length > 0 && [value].flat().every((one) => /^(?!wc-)[^\sA-Z]+$/.test(String(one)))

/** The options of a source. Secrets are checked elsewhere, so that errors never show them. */
export const sourceOptions = {
  type: oneOf<SourceType>({ web: true, webhook: true, shopify: true, woocommerce: true }),
  enabled: onOrOff,
  token: [() => true, 'a token'],
  secret: [() => true, 'a secret'],
  mapping: record,
  filters: [Array.isArray, 'a list of filters'],
  orders: oneOf<NonNullable<SourceConfig['orders']>>({
    client: true,
    client_and_server: true,
    paid: true,
    created: true,
  }),
  skipSourceNames: [texts, 'a list of names, such as ["pos", "shopify_draft_order"]'],
  statuses: [
    statuses,
    'a list of one or more statuses in lower case and without the prefix wc-, such as ["processing", "completed"]',
  ],
} satisfies Record<keyof SourceConfig, Option>

const common = ['type', 'enabled', 'mapping', 'filters'] as const

/** The options of each type of source. */
export const optionsOfType = {
  web: [...common, 'orders'],
  webhook: [...common, 'token'],
  shopify: [...common, 'secret', 'orders', 'skipSourceNames'],
  woocommerce: [...common, 'secret', 'statuses'],
} as const satisfies Record<SourceType, readonly (keyof SourceConfig)[]>

/** The valid values of `orders`, which has different meanings for the page and for Shopify. */
export const ordersOfType: Partial<Record<SourceType, readonly NonNullable<SourceConfig['orders']>[]>> = {
  web: ['client', 'client_and_server'],
  shopify: ['paid', 'created'],
}

export const defaultSkipSourceNames = ['pos', 'shopify_draft_order'] as const
export const defaultStatuses = ['processing', 'completed'] as const

/** Up to 32 lowercase letters, digits and hyphens, starting with a letter. The name is part of a URL. */
export const sourceNameRule = /^[a-z][a-z\d-]{0,31}$/

/** Route names, which would be ambiguous in a URL. `webhook` is not reserved: it is the source of `webhookToken`. */
export const reservedNames: readonly string[] = ['events', 'health', 'admin', 'metrics']
