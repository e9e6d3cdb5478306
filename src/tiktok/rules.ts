import { compileFilters, type Filters } from '../core/filter.ts'
import { checkOption, options } from '../core/options.ts'
import type { Config, Filter } from '../types.ts'
import type { Mapping, MappingConfig } from './mapping.ts'
import { readMapping } from './read-mapping.ts'

/** The compiled mapping and filters of a config. */
export interface Rules {
  mapping: Mapping
  /** Whether an event passes the filters. */
  passes: Filters
}

/** The functions that read the parts of a config. Builds with fewer features use other ones. */
export interface Readers {
  readMapping: (mapping?: MappingConfig) => Mapping
  compileFilters: (filters: readonly Filter[]) => Filters
}

/**
 * Reads a config, which may come from JSON.
 *
 * @throws an error that names the invalid part
 */
export const readRules = (config: Config): Rules => readRulesBy({ readMapping, compileFilters }, config)

/** Does the same with other readers. */
export function readRulesBy(readers: Readers, { pixelId, mapping, filters = [], relay }: Config): Rules {
  checkOption('pixelId', pixelId, options.pixelId)
  if (mapping?.mode === 'server_only') checkOption('server_only relay', relay, options.relay)
  return { mapping: readers.readMapping(mapping), passes: readers.compileFilters(filters) }
}
