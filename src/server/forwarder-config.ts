import type { Store } from '../store/store.ts'
import type { Config } from '../types.ts'
import type { Outbox } from './outbox.ts'
import type { SourceConfig } from './sources/source-config.ts'

/** The page's config, and what only a server may know. */
export interface ForwarderConfig extends Config {
  /** From TikTok Events Manager. It is sent in one header to TikTok, and nowhere else. */
  accessToken: string
  /** The shop's own origins, `https://www.shop.example`, and `null` for sandboxed pages. Only these may post events. */
  allowedOrigins: readonly string[]
  /** What a server must send as `X-Webhook-Token`: the token of the source `webhook`. Default: there is no such source. */
  webhookToken?: string
  /** Every way in, by its name: up to 32 small letters, digits and hyphens. `web` is the page. Default: `web`. */
  sources?: Readonly<Record<string, SourceConfig>>
  /** What `GET health` asks for as `Authorization: Bearer` to tell everything: 32 characters or more. Default: nobody is told. */
  adminToken?: string | undefined
  /**
   * Takes a visitor's IP from the last entry of `X-Forwarded-For`, the one that the nearest proxy wrote: those before it
   * may be forged. For a server behind one proxy. Default `false`.
   */
  trustProxy?: boolean
  /** Honours a page's `?converge_test=CODE`. Default `false`. */
  allowTest?: boolean
  /** Default: TikTok's own. */
  eventsApiUrl?: string
  /** The database: it keeps events until TikTok has them, and merges orders. Not together with `outbox`. */
  store?: Store
  /** Keeps events until TikTok has them, and merges nothing. Default: each is sent while its sender waits. */
  outbox?: Outbox
  /**
   * Seconds that an order waits for its other copy, the page's or the shop's server's, so that both are sent as one event.
   * From 0, which merges nothing, to 240. Default 60 with a `store` and a signed source, else 0.
   */
  mergeOrders?: number
}
