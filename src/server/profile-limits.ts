import type { ProfileLimits } from '../store/store.ts'
import type { ForwarderConfig } from './forwarder-config.ts'

const DEFAULT_DAYS = 30
const DEFAULT_MOST = 1_000_000

/** How long a store keeps profiles, and how many. `undefined` if there are none, with `profiles: false`. */
export function profileLimits({ profiles }: Pick<ForwarderConfig, 'profiles'>): ProfileLimits | undefined {
  if (profiles === false) return undefined
  return { days: profiles?.days ?? DEFAULT_DAYS, max: profiles?.max ?? DEFAULT_MOST }
}
