import type { ConvergeEvent } from '../types.ts'
import { attempt } from './attempt.ts'
import { orderEvents } from './event-names.ts'
import { hasToJSON } from './json.ts'
import { readOrderId } from './order-id.ts'
import { hasOwn, isObject, readText, recordOf } from './read.ts'

/**
 * Names an event and gives it an id: the caller's, else an order's own, so that a reload and the server's copy agree,
 * else a new one.
 *
 * @param properties a copy that nobody else holds
 */
export function createEvent(
  eventName: unknown,
  properties: Record<string, unknown>,
  eventID: unknown,
  newId: () => string,
): ConvergeEvent {
  const name = readText(eventName)
  // The caller's own id goes out as it is, since a server's copy carries the same; an order's is read like other ids.
  const given = readText(eventID) && String(eventID)
  const known = given || readOrderId({ eventName: name, properties })
  const isUnnamedOrder = !known && orderEvents.includes(name)
  return { eventName: name, eventID: known || newId(), properties, ...(isUnnamedOrder && { isUnnamedOrder }) }
}

const MAX_DEPTH = 6
const MAX_OBJECTS = 2000
// What a filter's regular expression may meet, and what a hit can carry.
const MAX_TEXT = 2000

/**
 * A plain copy, in which nothing can throw, change later, or go on for ever. A value's own `toJSON` is honoured, and its
 * class's, such as `Date`'s, as in JSON. Text is cut at 2,000 characters; what is nested deeper than 6 levels, or comes after
 * 2,000 objects, is left out.
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

  // By its keys, because a list may have a hole of four thousand million.
  function copyList(list: readonly unknown[], depth: number): unknown[] {
    const copies: unknown[] = []
    for (const key in list) if (hasOwn(list, key)) copies.push(copy(list[key], depth))
    return copies
  }

  // Most properties stay as they are. To replace the others in a shallow copy is four times as fast as to add each of them.
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

/** A getter that throws costs one property, not the order around it. */
function shallowCopy(value: object): Record<string, unknown> {
  try {
    return { ...value }
  } catch {
    return Object.fromEntries(Object.keys(value).map((key) => [key, attempt(() => Reflect.get(value, key))]))
  }
}
