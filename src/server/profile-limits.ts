import type { ProfileLimits } from '../store/store.ts'
import type { ForwarderConfig } from './forwarder-config.ts'

const DEFAULT_DAYS = 30
const DEFAULT_MOST = 1_000_000

/** How long profiles are kept, and how many. `undefined` if there are none: without a store that keeps them, or with `profiles: false`. */
export function profileLimits({
  store,
  profiles,
}: Pick<ForwarderConfig, 'store' | 'profiles'>): ProfileLimits | undefined {
  if (!store?.keepsProfiles || profiles === false) return undefined
  return { days: profiles?.days ?? DEFAULT_DAYS, max: profiles?.max ?? DEFAULT_MOST }
}
