import type { Config, Filter } from '../../types.ts'

export type SourceType = 'web' | 'webhook' | 'shopify' | 'woocommerce'

/** A source of events: the page (`web`), a server that uses Converge's server API, or a shop system's own webhooks. */
export interface SourceConfig {
  /** Default: `web` for the name `web`, else `webhook`. */
  type?: SourceType
  /** `false`: its events are answered 202 with the status `skipped` (`source_disabled`), and not sent. Default `true`. */
  enabled?: boolean
  /** For `webhook`: the value of `X-Webhook-Token`. Every token of a list is valid, so that you can replace one. */
  token?: string | readonly string[]
  /** For `shopify` and `woocommerce`: the signing key. Every key of a list is valid, so that you can replace one. */
  secret?: string | readonly string[]
  /** Rows for events of this source. They replace the destination's rows for the same Converge event. */
  mapping?: { events?: NonNullable<Config['mapping']>['events'] }
  /** An event of this source must pass these filters as well as the destination's. */
  filters?: readonly Filter[]
  /**
   * For `web`: `client` leaves the server copy of orders to a signed source. Default `client_and_server`, as in the mapping.
   * For `shopify`: the webhook that counts an order, `paid` (default) or `created`.
   */
  orders?: 'client' | 'client_and_server' | 'paid' | 'created'
  /** For `shopify`: orders with one of these `source_name`s are skipped. Default `['pos', 'shopify_draft_order']`. */
  skipSourceNames?: readonly string[]
  /** For `woocommerce`: orders count in these statuses. Default `['processing', 'completed']`. */
  statuses?: readonly string[]
}
