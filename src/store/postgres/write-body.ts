import type { OutboxEvent } from '../../server/outbox.ts'
import { writeKept } from '../kept-event.ts'

/** The JSON that is stored for an event. This store has no profiles, so it must not keep what is only for them. */
export function writeBody({ visitor: _, aliases: _aliases, consent: _consent, ...event }: OutboxEvent): string {
  return writeKept(event)
}
