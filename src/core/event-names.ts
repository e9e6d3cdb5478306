import type { EventName } from '../types.ts'

/** Events that are sent once: their `id` is the event_id, and TikTok's order_id. */
export const orderEvents: readonly string[] = ['Placed Order', 'Started Subscription'] satisfies EventName[]

/** A page view. It is sent by the browser only, unless its row sets another forwarding mode. */
export const pageLoad = '$page_load' satisfies EventName
