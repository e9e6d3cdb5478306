import { readConfig } from '../core/config.ts'
import type { Config } from '../types.ts'
import type { Outbox } from './outbox.ts'

/** The page's config, and what only a server may know. */
export interface ForwarderConfig extends Config {
  /** From TikTok Events Manager. It is sent in one header to TikTok, and nowhere else. */
  accessToken: string
  /** The shop's own origins, `https://www.shop.example`, and `null` for sandboxed pages. Only these may post events. */
  allowedOrigins: readonly string[]
  /** What a server must send as `X-Webhook-Token`. Default: there is no webhook. */
  webhookToken?: string
  /** Takes a visitor's IP from `X-Forwarded-For`: for a server behind a proxy that sets it. Default `false`. */
  trustProxy?: boolean
  /** Honours a page's `?converge_test=CODE`. Default `false`. */
  allowTest?: boolean
  /** Default: TikTok's own. */
  eventsApiUrl?: string
  /** Keeps events until TikTok has them. Default: each is sent while its sender waits. */
  outbox?: Outbox
}

/** The world around a forwarder. */
export interface ForwarderEnv {
  fetch?: typeof fetch
  /** Milliseconds since 1970. */
  now?: () => number
  /** From 0 up to 1. */
  random?: () => number
  /** Takes the sentences that a person must read. Default `console.error`. */
  log?: (sentence: string) => void
}

export interface RequestContext {
  /** The visitor's, where the platform knows it. */
  ip?: string | undefined
  /** Keeps a Worker alive until what was begun has ended. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
}

export interface Forwarder {
  fetch(request: Request, context?: RequestContext): Promise<Response>
}

/**
 * The server half: takes events from pages and servers, and sends them to TikTok's Events API.
 *
 * @throws a sentence that names the part of the config that can never work
 */
export function createForwarder(config: ForwarderConfig, _env: ForwarderEnv = {}): Forwarder {
  readConfig(config)
  return {
    fetch: async () => new Response(null, { status: 404 }),
  }
}
