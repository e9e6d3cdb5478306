import type { ConvergeEvent } from '../types.ts'
import { orderEvents } from './event-names.ts'
import { hasToJSON } from './json.ts'
import { readOrderId } from './order-id.ts'
import { hasOwn, isObject, readText } from './read.ts'

/**
 * Names an event and gives it an id: the caller's, else an order's own, so that a reload and the server's copy agree,
 * else a new one. `properties` are nobody else's.
 */
export function createEvent(
  eventName: unknown,
  parts: readonly unknown[],
  eventID: unknown,
  newId: () => string,
): ConvergeEvent {
  const name = readText(eventName)
  const properties: Record<string, unknown> = {}
  for (const part of parts) Object.assign(properties, copyRecord(part))
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

  // It reads the property itself, so that a getter which throws costs one property, not the order around it.
  function copy(holder: object, key: PropertyKey, depth: number): unknown {
    try {
      const value: unknown = Reflect.get(holder, key)
      if (typeof value === 'string') return value.slice(0, MAX_TEXT)
      if (typeof value === 'symbol' || typeof value === 'bigint') return String(value)
      if (!isObject(value)) return value
      if (depth > MAX_DEPTH || ++objects > MAX_OBJECTS) return undefined
      if (hasToJSON(value)) return copy([value.toJSON()], 0, depth + 1)
      // Prototype 1.6 replaces Object.keys by one that finds what is inherited, too.
      const names = Object.keys(value)
        .filter((name) => hasOwn(value, name))
        .slice(0, MAX_OBJECTS)
      if (Array.isArray(value)) return names.map((name) => copy(value, name, depth + 1))
      const target: Record<string, unknown> = {}
      for (const name of names) target[name] = copy(value, name, depth + 1)
      return target
    } catch {
      return undefined
    }
  }

  return Object(copy([record], 0, 0))
}
