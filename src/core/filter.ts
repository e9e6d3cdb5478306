import type { Filter } from '../types.ts'
import { type Check, readCondition } from './conditions.ts'
import { checkOption, type Option, refuseUnknown, text } from './options.ts'

/** Whether an event passes the filters. */
export type Filters = (eventName: string, properties: Record<string, unknown>) => boolean

const filterOptions = {
  event: text(/./, 'an event name or *'),
  any: [(value) => Array.isArray(value) && value.length > 0, 'a list of conditions'],
} satisfies Record<keyof Filter, Option>

/**
 * Groups filters by event and compiles their conditions, so that filters for other events take no time. An event passes if
 * each filter for it, and each filter for `*`, has a condition that is met. The returned function never throws: a condition
 * whose check throws is not met. If no other condition is met, the event's status is `filtered`.
 *
 * @throws an error that names the place of an invalid filter or condition
 */
export function compileFilters(filters: readonly Filter[]): Filters {
  // It has no prototype, because an event may have the name `constructor`.
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
