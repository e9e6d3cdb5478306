import { isRecord } from '../../core/read.ts'

/** A JSON object from a shop system. Its fields may be missing or null. */
export type Fields = Readonly<Record<string, unknown>>

/** An event of Converge's server API that a built-in source makes of an order. The intake checks it like any other event. */
export interface OrderEvent {
  event_name: 'Placed Order' | 'Placed Recurring Subscription Order'
  event_id: string
  /** ISO 8601. Default: now. */
  timestamp: string | undefined
  properties: Record<string, unknown>
  profile_properties: Record<string, unknown>
  aliases: string[]
}

/** Returns aliases such as `urn:cart_token:…` for the keys that have a value. */
export function toAliases(keys: Readonly<Record<string, string>>): string[] {
  return Object.entries(keys).flatMap(([namespace, value]) => (value ? [`urn:${namespace}:${value}`] : []))
}

/**
 * Reads the page's `converge.context()`, which the shop stored with the order as JSON. A visitor can change it, so anything
 * that is not a JSON object results in an empty record.
 */
export function readContext(text: unknown): Record<string, unknown> {
  try {
    const context: unknown = typeof text === 'string' ? JSON.parse(text) : undefined
    return typeof context === 'object' && context !== null ? { ...context } : {}
  } catch {
    return {}
  }
}

/** Returns the objects of a list, or an empty list if it is not a list. */
export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isRecord) : [])
