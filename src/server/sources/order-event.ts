import { isRecord } from '../../core/read.ts'

/** A JSON object of a shop system. Its fields may be missing, or null. */
export type Fields = Readonly<Record<string, unknown>>

/** An event of Converge's server API, as a built-in source makes it of an order. The intake checks it like any other. */
export interface OrderEvent {
  event_name: 'Placed Order' | 'Placed Recurring Subscription Order'
  event_id: string
  /** ISO 8601. Without one, the event is of now. */
  timestamp: string | undefined
  properties: Record<string, unknown>
  profile_properties: Record<string, unknown>
  aliases: string[]
}

/** Aliases of the keys that are known: `urn:cart_token:…`. */
export function toAliases(keys: Readonly<Record<string, string>>): string[] {
  return Object.entries(keys).flatMap(([namespace, value]) => (value ? [`urn:${namespace}:${value}`] : []))
}

/**
 * What the page's `converge.context()` said, which the shop kept with the order as JSON. A visitor can write anything there,
 * so it is an empty record where it is no JSON object.
 */
export function readContext(text: unknown): Record<string, unknown> {
  try {
    const context: unknown = typeof text === 'string' ? JSON.parse(text) : undefined
    return typeof context === 'object' && context !== null ? { ...context } : {}
  } catch {
    return {}
  }
}

/** The objects of a list, and none where there is no list. */
export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isRecord) : [])
