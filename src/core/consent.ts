import type { Channel, Config, ConsentMode, Decision } from '../types.ts'

/** The reason why a copy may not be sent now. */
export type Refusal = 'denied' | 'undecided'

/**
 * Whether Global Privacy Control denies consent: the browser sends the signal, the config has `gpc: 'deny'`, and the visitor
 * has not granted consent. This applies in every consent mode.
 */
export const isDeniedByGpc = (isSent: boolean, gpc: Config['gpc'], marketing: Decision | undefined): boolean =>
  isSent && gpc === 'deny' && marketing !== 'granted'

/**
 * Returns why a copy may not be sent, if so: the visitor denied, or has not decided and the mode waits for a decision.
 * `always_server` sends the server copy without a grant, but then without data from the device.
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
