/** Milliseconds. */
const DELAY = 1000
/** The number of networks that may fail within the delay. More than that is an attack, and then all sign-ins wait. */
const MOST_NETWORKS = 10

export interface FailedSignIns {
  /** Milliseconds until the next attempt from this IP address is checked. */
  wait(ip: string): number
  note(ip: string): void
}

/**
 * Delays sign-ins after a failed one, so that somebody who guesses does not lock out an operator elsewhere. An attacker with
 * many addresses can try ten tokens a second, which is far too few for a token of 32 characters. During the delay, the right
 * token is not checked either, because its answer would show that it is right. `monotonic` is in milliseconds.
 */
export function createFailedSignIns(monotonic: () => number): FailedSignIns {
  // The end of each network's delay, the first one first.
  const ends = new Map<string, number>()

  function forgetEnded(): void {
    for (const [network, end] of ends) {
      if (end > monotonic()) return
      ends.delete(network)
    }
  }

  return {
    wait(ip) {
      forgetEnded()
      const [first = monotonic()] = ends.size >= MOST_NETWORKS ? ends.values() : []
      return (ends.get(networkOf(ip)) ?? first) - monotonic()
    },
    note(ip) {
      const network = networkOf(ip)
      ends.delete(network)
      ends.set(network, monotonic() + DELAY)
    },
  }
}

/** The owner of one IPv6 address has the whole network of its first four groups. */
function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip
  const [start = '', end] = ip.split('::')
  const groups = (text: string) => (text ? text.split(':') : [])
  const zeros = end === undefined ? 0 : 8 - groups(start).length - groups(end).length
  return [...groups(start), ...Array.from({ length: zeros }, () => '0'), ...groups(end ?? '')].slice(0, 4).join(':')
}
