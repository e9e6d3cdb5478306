import { own } from '../core/read.ts'
import { isSimple } from '../core/simple-condition.ts'
import { type Features, type ServedVariant, servedVariants, variants } from '../core/variants.ts'
import type { Config } from '../types.ts'

/** What of a forwarder's config decides on the script that it serves. */
export type ScriptConfig = Pick<Config, 'filters' | 'mapping' | 'pageLoads'>

/** The features without which the script could not do what a config asks for. */
export const neededFeatures = ({ filters = [], mapping, pageLoads }: ScriptConfig): Features => ({
  filters: filters.length > 0 || !hasSimpleConditions(mapping),
  relay: true, // to this forwarder
  pageLoads: pageLoads === 'auto',
  mapping: false, // the mapping of `publicConfig` is checked already, and has TikTok's present names
})

/** The smallest build of the script that has the code for all that a config asks for. */
export function pickVariant(config: ScriptConfig): ServedVariant {
  const needed = Object.entries<boolean>(neededFeatures(config)).filter(([, isNeeded]) => isNeeded)
  const found = servedVariants.find((name) => needed.every(([feature]) => own<boolean>(variants[name], feature)))
  return found ?? 'converge-shop-filters.js'
}

function hasSimpleConditions({ events = {} }: NonNullable<Config['mapping']> = {}): boolean {
  const rows = Object.values(events).flatMap((entry) => entry || [])
  return rows.every((row) => typeof row === 'string' || row.when === undefined || isSimple(row.when))
}
