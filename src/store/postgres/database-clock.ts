import type { Connections } from './connections.ts'

export interface DatabaseClock {
  /** Whole milliseconds since 1970. */
  now: () => number
  /** Compares the clocks again if that was long ago. */
  read(): Promise<void>
}

const MINUTE = 60_000

/**
 * The database's clock, which all forwarders share: with clocks of their own, one that is ahead would end the waiting time of
 * all orders. Between two looks, this machine's monotonic clock goes on. `given` replaces it.
 */
export function createDatabaseClock(connections: Connections, given?: () => number): DatabaseClock {
  let offset = Date.now() - performance.now()
  let nextLook = 0
  return {
    now: () => Math.floor(given ? given() : performance.now() + offset),
    async read() {
      if (given || performance.now() < nextLook) return
      const before = performance.now()
      const [row] = await connections.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now')
      offset = Number(row?.now) - (before + performance.now()) / 2
      nextLook = performance.now() + MINUTE
    },
  }
}
