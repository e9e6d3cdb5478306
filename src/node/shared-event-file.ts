import type { Deliver } from '../server/outbox.ts'
import type { EventFile } from './event-file.ts'

/** Shares a database or an outbox between consecutive forwarders. Waiting events are sent by the newest one. */
export function shareEventFile({ store, outbox }: EventFile['part']): EventFile['part'] {
  let newest: Deliver | undefined

  /** Stores the newest `deliver`, and returns true if it is the first. */
  function isFirst(deliver: Deliver): boolean {
    const isFirst = newest === undefined
    newest = deliver
    return isFirst
  }
  const deliverByNewest =
    (first: Deliver): Deliver =>
    (events, signal) =>
      (newest ?? first)(events, signal)

  return {
    ...(store && {
      store: {
        ...store,
        start: (deliver, options) => {
          if (isFirst(deliver)) store.start(deliverByNewest(deliver), options)
        },
      },
    }),
    ...(outbox && {
      outbox: {
        ...outbox,
        start: (deliver) => {
          if (isFirst(deliver)) outbox.start(deliverByNewest(deliver))
        },
      },
    }),
  }
}
