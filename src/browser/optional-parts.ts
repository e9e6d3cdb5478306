import { readCondition } from '../core/conditions.ts'
import { compileFilters } from '../core/filter.ts'
import { recordOf } from '../core/read.ts'
import { compileSimple, isSimple } from '../core/simple-condition.ts'
import type { Features } from '../core/variants.ts'
import { layMapping, type MappingConfig, type ReadCondition, toRow } from '../tiktok/mapping.ts'
import { readMappingBy } from '../tiktok/read-mapping.ts'
import { type Readers, type Rules, readRulesBy } from '../tiktok/rules.ts'
import type { Config, ConvergeGlobal } from '../types.ts'
import * as navigation from './navigation.ts'
import * as relay from './relay.ts'

// The one place that asks what this build has. esbuild puts in the answers, and leaves out the code that is not asked for.

/** Defined by build.mjs for each variant, and by vitest.config.ts. */
declare const FEATURES: Features

export const post = FEATURES.relay ? relay.post : undefined
export const storeAll = FEATURES.relay ? relay.storeAll : undefined
export const takeOver = FEATURES.relay ? relay.takeOver : undefined
export const outboxOf = FEATURES.relay ? relay.outboxOf : undefined
export const onNavigation = FEATURES.pageLoads ? navigation.onNavigation : undefined

const readWhen: ReadCondition = FEATURES.filters
  ? readCondition
  : (where, condition) => {
      // A forwarder serves this build only where all conditions are simple.
      if (FEATURES.mapping && !isSimple(Object(condition))) throw missing(where)
      return compileSimple(condition)
    }

const readMapping = FEATURES.mapping
  ? (mapping?: MappingConfig) => readMappingBy(readWhen, mapping)
  : // A forwarder has checked it, and replaced TikTok's old names.
    (mapping: MappingConfig = {}) => layMapping(mapping, (eventName, row) => toRow(eventName, row, readWhen))

const readers: Readers = { readMapping, compileFilters: FEATURES.filters ? compileFilters : () => () => true }

export const readRules = (config: Config): Rules => readRulesBy(readers, config)

/**
 * Refuses a config that needs what this build leaves out.
 *
 * @throws a sentence that names the option and says what to do
 */
export function refuseMissing({ filters, relay, pageLoads }: Config): void {
  if (!FEATURES.filters && filters?.[0]) throw missing('filters')
  if (!FEATURES.relay && relay !== undefined) throw missing('relay')
  if (!FEATURES.pageLoads && pageLoads === 'auto') throw missing('pageLoads')
}

/**
 * Refuses a mapping of the page's own where this build can't check one. What a forwarder served was checked there.
 *
 * @throws a sentence that says what to do
 */
export function refuseOwnMapping(given: unknown, served: ConvergeGlobal['config']): void {
  if (FEATURES.mapping) return
  const { mapping } = recordOf(given)
  if (mapping !== undefined && mapping !== served?.mapping) throw missing('mapping')
}

const missing = (option: string): Error =>
  new Error(
    `converge-tiktok: this build has no code for ${option}. Set ${option} in the forwarder's config, or serve the complete dist/converge.js.`,
  )
