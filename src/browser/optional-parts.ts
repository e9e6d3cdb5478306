import { readCondition } from '../core/conditions.ts'
import { compileFilters } from '../core/filter.ts'
import { recordOf } from '../core/read.ts'
import { compileSimple, isSimple } from '../core/simple-condition.ts'
import type { Features } from '../core/variants.ts'
import { layMapping, type MappingConfig, type ReadCondition, toRow } from '../tiktok/mapping.ts'
import { readMappingBy } from '../tiktok/read-mapping.ts'
import { type Readers, type Rules, readRulesBy } from '../tiktok/rules.ts'
import * as aliases from '../tiktok/user.ts'
import type { Config, ConvergeGlobal } from '../types.ts'
import * as navigation from './navigation.ts'
import * as relay from './relay.ts'

// The build's features. esbuild replaces the flags and drops the unused code. Only visitor.ts reads a flag, too.

/** Defined by build.mjs for each variant, and by vitest.config.ts. */
declare const FEATURES: Features

export const post = FEATURES.relay ? relay.post : undefined
export const postDenial = FEATURES.relay ? relay.postDenial : undefined
export const storeAll = FEATURES.relay ? relay.storeAll : undefined
export const takeOver = FEATURES.relay ? relay.takeOver : undefined
export const outboxOf = FEATURES.relay ? relay.outboxOf : undefined
export const readAliases = FEATURES.relay ? aliases.readAliases : undefined
export const onNavigation = FEATURES.pageLoads ? navigation.onNavigation : undefined

const readWhen: ReadCondition = FEATURES.filters
  ? readCondition
  : (where, condition) => {
      // A forwarder serves this build only if all conditions are simple.
      if (FEATURES.mapping && !isSimple(Object(condition))) throw missing(where)
      return compileSimple(condition)
    }

const readMapping = FEATURES.mapping
  ? (mapping?: MappingConfig) => readMappingBy(readWhen, mapping)
  : // The forwarder has checked the mapping, and replaced TikTok's old names.
    (mapping: MappingConfig = {}) => layMapping(mapping, (eventName, row) => toRow(eventName, row, readWhen))

const readers: Readers = { readMapping, compileFilters: FEATURES.filters ? compileFilters : () => () => true }

export const readRules = (config: Config): Rules => readRulesBy(readers, config)

/**
 * Refuses a config that needs a feature which this build does not have.
 *
 * @throws an error that names the option and the fix
 */
export function refuseMissing({ filters, relay, pageLoads }: Config): void {
  if (!FEATURES.filters && filters?.[0]) throw missing('filters')
  if (!FEATURES.relay && relay !== undefined) throw missing('relay')
  if (!FEATURES.pageLoads && pageLoads === 'auto') throw missing('pageLoads')
}

/**
 * Refuses a page's own mapping if this build cannot check it. A mapping from the forwarder was checked there.
 *
 * @throws an error that explains the fix
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
