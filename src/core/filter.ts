import type { Filter } from '../types.ts'
import { type Check, checkCondition, compileCondition } from './conditions.ts'
import { configError } from './config-error.ts'
import { checkOption, refuseUnknown, text } from './options.ts'

/** Whether the filters let an event through. */
export type Filters = (eventName: string, properties: Record<string, unknown>) => boolean

const eventName = text(/./, 'an event name or *')
const filterNames = { event: true, any: true } satisfies Record<keyof Filter, true>

/** @throws a sentence that says where the filter or condition stands, if it can't be read */
export function checkFilter(filter: Filter, index: number): void {
  const { event, any } = Object(filter)
  refuseUnknown(`filters[${index}]`, Object(filter), filterNames)
  checkOption(`filters[${index}].event`, event, eventName)
  if (!Array.isArray(any) || any.length === 0) throw configError(`filters[${index}].any`, any, 'a list of conditions')
  for (const condition of any) checkCondition(`filters[${index}].any`, condition)
}

/**
 * Groups filters by event and compiles their conditions, once: a filter for another event costs nothing. An event passes if
 * each filter for it, and each for `*`, has a condition that holds. The function never throws: a condition that can't be
 * checked does not hold, so the event does not pass because of it, and its status says `filtered`.
 *
 * @throws if a condition can't be read (`checkFilter` says where)
 */
export function compileFilters(filters: readonly Filter[]): Filters {
  // Without a prototype: an event may be called `constructor`.
  const byEvent: Record<string, Check[][]> = Object.create(null)
  for (const { event, any } of filters) byEvent[event] = [...(byEvent[event] ?? []), any.map(compileCondition)]
  const forAll = byEvent['*'] ?? []
  return (eventName, properties) => {
    const passes = (conditions: Check[]) => conditions.some((holds) => holds(properties))
    return (byEvent[eventName] ?? []).every(passes) && forAll.every(passes)
  }
}
