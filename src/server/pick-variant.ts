import { own } from '../core/read.ts'
import { isSimple } from '../core/simple-condition.ts'
import { type Features, type ServedVariant, servedVariants, variants } from '../core/variants.ts'
import type { Config } from '../types.ts'

/** The part of a forwarder's config that decides which script it serves. */
export type ScriptConfig = Pick<Config, 'filters' | 'mapping' | 'pageLoads'>

/** The features that the script needs for a config. */
export const neededFeatures = ({ filters = [], mapping, pageLoads }: ScriptConfig): Features => ({
  filters: filters.length > 0 || !hasSimpleConditions(mapping),
  relay: true, // pages post to this forwarder
  pageLoads: pageLoads === 'auto',
  mapping: false, // `publicConfig` has already checked the mapping and uses TikTok's current names
})

/** Picks the smallest build of the script that has all features that a config needs. */
export function pickVariant(config: ScriptConfig): ServedVariant {
  const needed = Object.entries<boolean>(neededFeatures(config)).filter(([, isNeeded]) => isNeeded)
  const found = servedVariants.find((name) => needed.every(([feature]) => own<boolean>(variants[name], feature)))
  return found ?? 'converge-shop-filters.js'
}

function hasSimpleConditions({ events = {} }: NonNullable<Config['mapping']> = {}): boolean {
  const rows = Object.values(events).flatMap((entry) => entry || [])
  return rows.every((row) => typeof row === 'string' || row.when === undefined || isSimple(row.when))
}
