import type { ConvergeEvent } from '../types.ts'
import { orderEvents } from './default-mapping.ts'
import { readId, readText } from './read.ts'

/**
 * Names an event and gives it an id: the caller's, else an order's own, so that a reload and the server's copy agree,
 * else a new one. `properties` are nobody else's.
 */
export function createEvent(
  eventName: unknown,
  properties: Record<string, unknown>,
  eventID: unknown,
  newId: () => string,
): ConvergeEvent {
  const name = readText(eventName)
  // The caller's own id goes out as it is, since a server's copy carries the same; an order's is read like other ids.
  const given = readId(eventID) && String(eventID)
  return {
    eventName: name,
    eventID: given || (orderEvents.includes(name) && readId(properties.id)) || newId(),
    properties,
  }
}

const MAX_DEPTH = 6
const MAX_OBJECTS = 2000
// What a filter's regular expression may meet, and what a hit can carry.
const MAX_TEXT = 2000

/**
 * A plain copy, in which nothing can throw, change later, or go on for ever. `toJSON` is honoured, as in JSON. Text is cut
 * at 2,000 characters; what is nested deeper than 6 levels, or comes after 2,000 objects, is left out.
 */
export function copyRecord(record: unknown): Record<string, unknown> {
  let objects = 0

  // It reads the property itself, so that a getter which throws costs one property, not the order around it.
  function copy(holder: object, key: PropertyKey, depth: number): unknown {
    try {
      const value: unknown = Reflect.get(holder, key)
      if (/^(s|bi)/.test(typeof value)) return String(value).slice(0, MAX_TEXT) // string, symbol, bigint
      const source = Object(value)
      if (source !== value) return value
      if (depth > MAX_DEPTH || ++objects > MAX_OBJECTS) return undefined
      if (source.toJSON) return copy([source.toJSON()], 0, depth + 1)
      if (Array.isArray(value)) return value.slice(0, MAX_OBJECTS).map((_, index) => copy(value, index, depth + 1))
      const target: Record<string, unknown> = {}
      for (const name of Object.keys(source)) target[name] = copy(source, name, depth + 1)
      return target
    } catch {
      return undefined
    }
  }

  return Object(copy([record], 0, 0))
}
