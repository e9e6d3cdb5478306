import type { Channel, Config, ConsentMode, Decision } from '../types.ts'

/** Why a copy may not leave now. */
export type Refusal = 'denied' | 'undecided'

/**
 * Whether Global Privacy Control denies: the browser sends it, the config says `gpc: 'deny'`, and the visitor has not granted.
 * It does so in every consent mode.
 */
export const isDeniedByGpc = (isSent: boolean, gpc: Config['gpc'], marketing: Decision | undefined): boolean =>
  isSent && gpc === 'deny' && marketing !== 'granted'

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
