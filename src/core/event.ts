import type { ConvergeEvent } from '../types.ts'
import { attempt } from './attempt.ts'
import { orderEvents } from './event-names.ts'
import { hasToJSON } from './json.ts'
import { readOrderId } from './order-id.ts'
import { hasOwn, isObject, readText, recordOf } from './read.ts'

/**
 * Creates an event with an ID: the caller's ID, else an order's own, else a new one. An order's own ID is the same after a
 * reload and on the server.
 *
 * @param properties a copy that no other code can change
 */
export function createEvent(
  eventName: unknown,
  properties: Record<string, unknown>,
  eventID: unknown,
  newId: () => string,
): ConvergeEvent {
  const name = readText(eventName)
  // The caller's ID is not changed, because the server copy carries the same. An order's ID is read like other IDs.
  const given = readText(eventID) && String(eventID)
  const known = given || readOrderId({ eventName: name, properties })
  const isUnnamedOrder = !known && orderEvents.includes(name)
  return { eventName: name, eventID: known || newId(), properties, ...(isUnnamedOrder && { isUnnamedOrder }) }
}

const MAX_DEPTH = 6
const MAX_OBJECTS = 2000
// These limits bound the text that a filter's regular expression reads, and the size of a hit.
const MAX_TEXT = 2000

/**
 * Makes a plain copy without getters, shared objects or cycles. As in JSON, `toJSON` of a value or its class, such as
 * `Date`, is used. Text is cut at 2,000 characters. Values below 6 levels, or after 2,000 objects, are left out.
 */
export function copyRecord(record: unknown): Record<string, unknown> {
  let objects = 0

  function copy(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return value.slice(0, MAX_TEXT)
    if (typeof value === 'symbol' || typeof value === 'bigint') return String(value)
    if (!isObject(value)) return value
    if (depth > MAX_DEPTH || ++objects > MAX_OBJECTS) return undefined
    try {
      if (hasToJSON(value)) return copy(value.toJSON(), depth + 1)
      return Array.isArray(value) ? copyList(value, depth + 1) : copyProperties(value, depth + 1)
    } catch {
      return undefined
    }
  }

  // Reads the keys that exist, because a list may have a hole of four billion entries.
  function copyList(list: readonly unknown[], depth: number): unknown[] {
    const copies: unknown[] = []
    for (const key in list) if (hasOwn(list, key)) copies.push(copy(list[key], depth))
    return copies
  }

  // Most properties need no change. A shallow copy with some properties replaced is four times faster than adding each one.
  function copyProperties(value: object, depth: number): Record<string, unknown> {
    const properties = shallowCopy(value)
    for (const key in properties) {
      if (!hasOwn(properties, key)) continue
      const copied = copy(properties[key], depth)
      if (copied !== properties[key]) properties[key] = copied
    }
    return properties
  }

  return recordOf(copy(record, 0))
}

/** If a getter throws, only its property is lost. */
function shallowCopy(value: object): Record<string, unknown> {
  try {
    return { ...value }
  } catch {
    return Object.fromEntries(Object.keys(value).map((key) => [key, attempt(() => Reflect.get(value, key))]))
  }
}
