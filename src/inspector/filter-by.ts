import { type Entry, isToFix } from './entry.ts'
import { outcomeNames } from './row.ts'

export const filterNames = { all: 'All', fix: 'To fix', ...outcomeNames }
export type FilterName = keyof typeof filterNames

export function isFilterName(name: string): name is FilterName {
  return name in filterNames
}

export function hasOutcome(entry: Entry, name: FilterName): boolean {
  return name === 'all' || (name === 'fix' ? isToFix(entry) : entry.outcome === name)
}

/** Searches Converge's name, TikTok's names and the event_id. */
export function isCalled({ eventName, eventID, names }: Entry, wanted: string): boolean {
  return [eventName, eventID, ...names].some((text) => text.toLowerCase().includes(wanted.trim().toLowerCase()))
}
