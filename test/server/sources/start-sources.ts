import type { ForwarderConfig } from '../../../src/server/forwarder.ts'
import { type Answered, accessToken, type StartedForwarder, shop, startForwarder } from '../start-forwarder.ts'
import { signed } from './signed.ts'

export const secret = 'shpss_0123456789abcdef0123456789abcdef'
export { accessToken, shop }

export interface StartedSources extends StartedForwarder {
  /** Sends an order as Shopify does. */
  fromShopify(order: unknown, topic?: string, name?: string): Promise<Answered>
  /** Sends an order as WooCommerce does. */
  fromWooCommerce(order: unknown, topic?: string, name?: string): Promise<Answered>
  /** Sends any request. */
  send(request: Request): Promise<Answered>
}

/** A forwarder with the sources `shopify` and `woocommerce`, and the real clock. */
export function startSources(
  config: Partial<ForwarderConfig> = {},
  parts: { shopify?: object; woocommerce?: object } = {},
): StartedSources {
  const sources: ForwarderConfig['sources'] = {
    shopify: { type: 'shopify', secret, ...parts.shopify },
    woocommerce: { type: 'woocommerce', secret, ...parts.woocommerce },
    ...config.sources,
  }
  const started = startForwarder({ ...config, sources }, Date.now)
  const send = async (request: Request): Promise<Answered> => {
    const response = await started.fetch(request)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : {} }
  }
  return {
    ...started,
    send,
    fromShopify: (order, topic = 'orders/paid', name = 'shopify') =>
      send(signed(addressOf(name), secret, order, { 'content-type': 'application/json', 'x-shopify-topic': topic })),
    fromWooCommerce: (order, topic = 'order.updated', name = 'woocommerce') =>
      send(signed(addressOf(name), secret, order, { 'content-type': 'application/json', 'x-wc-webhook-topic': topic })),
  }
}

export const addressOf = (name: string): string => `${shop}/relay/webhook/${name}`
