import { copyRecord, createEvent } from '../../src/core/event.ts'
import { route } from '../../src/tiktok/route.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import type { Config, ConvergeEvent, DestinationEvent, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

export interface Call {
  eventName: string
  properties?: Record<string, unknown>
  config?: Partial<Config>
  eventID?: string
  matchKeys?: readonly ('email' | 'phone' | 'external_id')[]
}

/** The result of a call after the pipeline. */
export function mapped(call: Call): { result: TrackResult; source: ConvergeEvent } {
  const { eventName, properties = {}, eventID, matchKeys } = call
  const config: Config = { pixelId, ...call.config }
  const source = createEvent(eventName, copyRecord(properties), eventID, () => 'e1')
  const rows = route(source, readRules(config), config) ?? []
  const destinationEvents = rows.map(
    ({ event, parameters }): DestinationEvent => ({
      event,
      event_id: source.eventID,
      parameters,
      via: ['pixel'],
    }),
  )
  const result: TrackResult = {
    status: rows.length ? 'success' : 'skipped',
    reason: rows.length ? undefined : 'unmapped',
    eventName: source.eventName,
    eventID: source.eventID,
    destinationEvents,
  }
  return { result: Object.assign(result, matchKeys && { matchKeys }), source }
}

/** A result that none of our configs produces, but another version might. */
export function made(destination: Partial<DestinationEvent>): { result: TrackResult; source?: ConvergeEvent } {
  const event: DestinationEvent = { event: 'Lead', event_id: '1', parameters: {}, via: ['pixel'], ...destination }
  return {
    result: { status: 'success', reason: undefined, eventName: 'My Event', eventID: '1', destinationEvents: [event] },
  }
}
