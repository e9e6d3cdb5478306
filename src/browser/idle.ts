import { copyRecord, createEvent } from '../core/event.ts'
import type { Converge } from '../types.ts'

/** Creates an instance that sends nothing, for servers. Its methods never throw. */
export const createIdle = (): Converge => ({
  track(eventName, properties, options) {
    const event = createEvent(eventName, copyRecord(properties), options?.eventID, () => '')
    return { status: 'skipped', reason: 'no_window', eventName, eventID: event.eventID, destinationEvents: [] }
  },
  set() {},
  consent() {},
  context: () => ({ url: '', userAgent: '', consent: {} }),
  on: () => () => {},
})
