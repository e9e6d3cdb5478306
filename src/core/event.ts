import type { ConvergeEvent } from '../types.ts'
import { attempt } from './attempt.ts'
import { orderEvents } from './default-mapping.ts'
import { readText } from './read.ts'

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
  const properties = Object.fromEntries(parts.flatMap((part) => Object.entries(copyRecord(part))))
  // The caller's own id goes out as it is, since a server's copy carries the same; an order's is read like other ids.
  const given = readText(eventID) && String(eventID)
  return {
    eventName: name,
    eventID: given || (orderEvents.includes(name) && readText(properties.id)) || newId(),
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
    return attempt(() => {
      const value: unknown = Object(holder)[key]
      const source = Object(value)
      if (/^(s|bi)/.test(typeof value)) return String(value).slice(0, MAX_TEXT) // string, symbol, bigint
      if (source !== value) return value
      if (depth > MAX_DEPTH || ++objects > MAX_OBJECTS) return undefined
      if (source.toJSON) return copy([source.toJSON()], 0, depth + 1)

      const entries = Object.keys(source)
        .slice(0, MAX_OBJECTS)
        .map((name) => [name, copy(source, name, depth + 1)] as const)
      return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries)
    })
  }

  return Object(copy([record], 0, 0))
}
