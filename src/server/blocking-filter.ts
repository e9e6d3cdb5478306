import { compileFilters } from '../core/filter.ts'
import type { Filter } from '../types.ts'

export type DescribeFilter = (eventName: string, properties: Record<string, unknown>) => string

/** Returns a function that describes the first filter which blocks an event, for the event log. */
export function createBlockingFilter(filters: readonly Filter[] = []): DescribeFilter {
  const each = filters.map((filter) => ({ passes: compileFilters([filter]), words: describe(filter) }))
  return (eventName, properties) => each.find(({ passes }) => !passes(eventName, properties))?.words ?? ''
}

/** Without the values, which are not needed to find the filter. */
function describe({ event, any }: Filter): string {
  return `filter for ${event}: ${any.map(({ property, operator }) => `${property} ${operator}`).join(' or ')}`
}
