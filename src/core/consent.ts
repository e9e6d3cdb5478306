import type { Channel, ConsentMode, Decision } from '../types.ts'

/**
 * Whether a copy may leave: `undefined` while the visitor has not decided and the mode waits for it.
 * The server copy's `always_server` goes without a grant, then with nothing that was read from the device.
 */
export function isAllowed(mode: ConsentMode, marketing: Decision | undefined, via: Channel): boolean | undefined {
  if (mode === 'always' || (mode === 'always_server' && via === 'relay')) return true
  if (mode === 'implied') return marketing !== 'denied'
  return marketing && marketing === 'granted'
}
