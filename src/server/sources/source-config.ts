import type { Config, Filter } from '../../types.ts'

export type SourceType = 'web' | 'webhook' | 'shopify' | 'woocommerce'

/** One way in: the page (`web`), a server that speaks Converge's server API, or a shop system's own webhooks. */
export interface SourceConfig {
  /** Default: `web` for the name `web`, else `webhook`. */
  type?: SourceType
  /** `false`: its events are answered 202 with the status `skipped` (`source_disabled`), and not sent. Default `true`. */
  enabled?: boolean
  /** Of a webhook: what must be sent as `X-Webhook-Token`. Several are all valid, so that one can be replaced. */
  token?: string | readonly string[]
  /** Of Shopify and WooCommerce: the key that they sign with. Several are all valid, so that one can be replaced. */
  secret?: string | readonly string[]
  /** Rows for events of this source. They replace the destination's rows of the same Converge event. */
  mapping?: { events?: NonNullable<Config['mapping']>['events'] }
  /** An event of this source must pass these filters as well as the destination's. */
  filters?: readonly Filter[]
  /**
   * Of `web`: `client` leaves the server copy of orders to a signed source; default `client_and_server`, as the mapping says. Of
   * Shopify: the webhook that counts an order, `paid` (default) or `created`.
   */
  orders?: 'client' | 'client_and_server' | 'paid' | 'created'
  /** Of Shopify: orders with one of these `source_name`s are skipped. Default `['pos', 'shopify_draft_order']`. */
  skipSourceNames?: readonly string[]
  /** Of WooCommerce: an order counts in one of these statuses. Default `['processing', 'completed']`. */
  statuses?: readonly string[]
}
