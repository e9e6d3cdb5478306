import { compileFilters, type Filters } from '../core/filter.ts'
import { checkOption, options } from '../core/options.ts'
import type { Config, Filter } from '../types.ts'
import type { Mapping, MappingConfig } from './mapping.ts'
import { readMapping } from './read-mapping.ts'

/** What a config asks of each event, read and compiled once. */
export interface Rules {
  mapping: Mapping
  /** Whether the filters let an event through. */
  passes: Filters
}

/** What reads the parts of a config. A build that leaves something out has others than `readRules`. */
export interface Readers {
  readMapping: (mapping?: MappingConfig) => Mapping
  compileFilters: (filters: readonly Filter[]) => Filters
}

/**
 * Reads a config, which may come from JSON.
 *
 * @throws a sentence that names the part that can never work
 */
export const readRules = (config: Config): Rules => readRulesBy({ readMapping, compileFilters }, config)

/** The same, with other readers of its parts. */
export function readRulesBy(readers: Readers, { pixelId, mapping, filters = [], relay }: Config): Rules {
  checkOption('pixelId', pixelId, options.pixelId)
  if (mapping?.mode === 'server_only') checkOption('server_only relay', relay, options.relay)
  return { mapping: readers.readMapping(mapping), passes: readers.compileFilters(filters) }
}
