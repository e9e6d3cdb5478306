import type { LogRetention } from '../store/event-log.ts'
import type { Store } from '../store/store.ts'
import type { Config } from '../types.ts'
import type { AlertsConfig } from './alerts/alerts-config.ts'
import type { Outbox } from './outbox.ts'
import type { SourceConfig } from './sources/source-config.ts'

/** The history of customers, for orders without `$is_new_customer` from sources with a secret. */
export interface NewCustomersConfig {
  /**
   * A date, such as `2024-05-01`, or a time with its zone: the history has every order of your shop since this time. Orders
   * that are placed later are decided. Without it, the history is kept, and no order is decided.
   */
  since?: string
  /** Days that a customer stays known after the latest order, from 30 to 36,500. Default: until they are erased. */
  days?: number
}

/** The page's config, plus options that only the server may know. */
export interface ForwarderConfig extends Config {
  /** From TikTok Events Manager. It is only sent to TikTok, in a header. */
  accessToken: string
  /** The shop's origins, such as `https://www.shop.example`, and `null` for sandboxed pages. Only these may post events. */
  allowedOrigins: readonly string[]
  /** The token of the source `webhook`, which servers send as `X-Webhook-Token`. Default: there is no such source. */
  webhookToken?: string
  /** Sources of events, by name: up to 32 lowercase letters, digits and hyphens. `web` is the page. Default: only `web`. */
  sources?: Readonly<Record<string, SourceConfig>>
  /** The bearer token for the details of `GET health`, at least 32 characters. Default: only the public part is available. */
  adminToken?: string | undefined
  /** The bearer token for `GET metrics`, at least 32 characters. Default: there are no metrics. */
  metricsToken?: string | undefined
  /** Posts a message when something needs attention, and another one when it is over. Default: off. */
  alerts?: AlertsConfig
  /**
   * Reads the visitor's IP address from the last entry of `X-Forwarded-For`, which the nearest proxy wrote. Earlier entries
   * may be forged. Set it for a server behind one proxy. Default `false`.
   */
  trustProxy?: boolean
  /** Accepts a page's `?converge_test=CODE`. Default `false`. */
  allowTest?: boolean
  /** The URL of the Events API, over https. Default: TikTok's. */
  eventsApiUrl?: string
  /** The database. It keeps events until TikTok has them and merges orders. Do not set it together with `outbox`. */
  store?: Store
  /** Keeps events until TikTok has them, without merging orders. Default: events are sent while the sender waits. */
  outbox?: Outbox
  /**
   * `loop` sends waiting events by itself, as long as the process runs. `drain` is for platforms that stop the process between
   * requests: events are sent after each request, with the request's `waitUntil`, and by `forwarder.drain()`. It needs a store
   * from `converge-tiktok/postgres`. Default `loop`.
   */
  delivery?: 'loop' | 'drain'
  /**
   * Seconds that an order waits for its other copy, from the page or from the shop's server, so that both are sent as one
   * event. From 0 (never merge) to 240. Default 60 with a `store` and a signed source, else 0. With `delivery: 'drain'`
   * the default is 0: set it only if a timer calls `forwarder.drain()` every minute.
   */
  mergeOrders?: number
  /**
   * Profiles of visitors, from which events get the match keys that they lack. `days` is how long a profile is kept after the
   * last event that added to it, from 1 to 390, default 30. `max` is the most profiles, default 1,000,000. `false` keeps none
   * and deletes existing ones. Default `{ days: 30 }` with a `store`; an `outbox` never has profiles.
   */
  profiles?: false | { days?: number; max?: number }
  /**
   * How long the event log is kept, with a `store`: one line for each event, with its status and reason, without personal data.
   * Default 30 days and 1,000,000,000 bytes. `false`: there is no log.
   */
  log?: false | LogRetention
  /** Keeps the first order of each customer, and decides by it which orders are a new customer's. It needs a `store`. Default: off. */
  newCustomers?: NewCustomersConfig
}
