import { compileFilters, type Filters } from '../core/filter.ts'
import { checkOption, options } from '../core/options.ts'
import type { Config } from '../types.ts'
import { type Mapping, readMapping } from './mapping.ts'

/** What a config asks of each event, read and compiled once. */
export interface Rules {
  mapping: Mapping
  /** Whether the filters let an event through. */
  passes: Filters
}

/**
 * Reads a config, which may come from JSON.
 *
 * @throws a sentence that names the part that can never work
 */
export function readRules({ pixelId, mapping, filters = [], relay }: Config): Rules {
  checkOption('pixelId', pixelId, options.pixelId)
  if (mapping?.mode === 'server_only') checkOption('server_only relay', relay, options.relay)
  return { mapping: readMapping(mapping), passes: compileFilters(filters) }
}
