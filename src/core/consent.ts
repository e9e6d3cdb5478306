import type { Channel, ConsentMode, Decision } from '../types.ts'

/** Why a copy may not leave now. */
export type Refusal = 'denied' | 'undecided'

/**
 * Why a copy may not leave, if so: the visitor said no, or has not decided and the mode waits for it.
 * The server copy's `always_server` goes without a grant, then with nothing that was read from the device.
 */
export function refusalOf(
  mode: ConsentMode = 'always',
  marketing: Decision | undefined,
  via: Channel,
): Refusal | undefined {
  const isOpen =
    mode === 'always' ||
    (mode === 'always_server' && via === 'relay') ||
    (mode === 'implied' && !marketing) ||
    marketing === 'granted'
  return isOpen ? undefined : marketing ? 'denied' : 'undecided'
}
