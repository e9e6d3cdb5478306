import type { Connections } from './connections.ts'

export interface DatabaseClock {
  /** Whole milliseconds since 1970. */
  now: () => number
  /** Compares the clocks again if that was long ago. */
  read(): Promise<void>
}

const MINUTE = 60_000

/**
 * The database's clock, which all forwarders share. With its own clock, a forwarder that is ahead would end the waiting time of
 * all orders. Between two reads, the time of this machine's monotonic clock is added. `given` replaces the clock.
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
