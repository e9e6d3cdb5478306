import type { Deliver, Outbox } from '../server/outbox.ts'

/** An outbox for several forwarders, one after the other: what waits is handed to the newest. */
export function createSharedOutbox(outbox: Outbox): Outbox {
  const { stats, erase } = outbox
  let newest: Deliver | undefined
  return {
    ...(stats && { stats: () => stats.call(outbox) }),
    ...(erase && { erase: (person) => erase.call(outbox, person) }),
    add: (events) => outbox.add(events),
    start(deliver) {
      const isFirst = newest === undefined
      newest = deliver
      if (isFirst) outbox.start((events, signal) => (newest ?? deliver)(events, signal))
    },
  }
}
