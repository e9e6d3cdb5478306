import type { Filter } from '../types.ts'
import { type Check, readCondition } from './conditions.ts'
import { checkOption, type Option, refuseUnknown, text } from './options.ts'

/** Whether the filters let an event through. */
export type Filters = (eventName: string, properties: Record<string, unknown>) => boolean

const filterOptions = {
  event: text(/./, 'an event name or *'),
  any: [(value) => Array.isArray(value) && value.length > 0, 'a list of conditions'],
} satisfies Record<keyof Filter, Option>

/**
 * Groups filters by event and compiles their conditions, once: a filter for another event costs nothing. An event passes if
 * each filter for it, and each for `*`, has a condition that holds. The function never throws: a condition that can't be
 * checked does not hold, so the event does not pass because of it, and its status says `filtered`.
 *
 * @throws a sentence that says where the filter or condition stands, if it can't be read
 */
export function compileFilters(filters: readonly Filter[]): Filters {
  // Without a prototype: an event may be called `constructor`.
  const byEvent: Record<string, Check[][]> = Object.create(null)
  filters.forEach((filter, index) => {
    const where = `filters[${index}]`
    const { event, any }: Filter = Object(filter)
    refuseUnknown(where, Object(filter), filterOptions)
    checkOption(`${where}.event`, event, filterOptions.event)
    checkOption(`${where}.any`, any, filterOptions.any)
    byEvent[event] = [...(byEvent[event] ?? []), any.map((condition) => readCondition(`${where}.any`, condition))]
  })
  const passes = (name: string, properties: Record<string, unknown>) =>
    (byEvent[name] ?? []).every((conditions) => conditions.some((holds) => holds(properties)))
  return (eventName, properties) => passes(eventName, properties) && passes('*', properties)
}
