import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client'
import { eventNameOf, matchKeysOf } from '../server/match-keys.ts'
import type { Metrics } from '../server/metrics.ts'
import type { OutboxEvent } from '../server/outbox.ts'
import { codeIn } from '../tiktok/events-api/codes.ts'

/** Event names come from the mapping. Names of earlier mappings may still wait. */
const MOST_NAMES = 100
const OTHERS = 'other'
// Seconds. An order waits a minute for its other copy, and an outage may take days.
const buckets = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 6 * 3600, 24 * 3600, 48 * 3600]

/** Counts for Prometheus and others, with prom-client in a registry of its own. The counters start at 0 with the process. */
export function createMetrics(): Metrics {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const registers = [registry]
  const counters = createCounters(registers)
  const gauges = createGauges(registers)
  const names = new Set<string>()

  function nameOf(one: OutboxEvent): string {
    const event = eventNameOf(one)
    if (names.has(event)) return event
    if (names.size >= MOST_NAMES) return OTHERS
    names.add(event)
    return event
  }

  return {
    countReceived({ source, unsent }, events) {
      for (const event of events) counters.received.inc({ source, event: nameOf(event) })
      for (const { status } of unsent) counters.unsent.inc({ source, status })
    },

    countResults(events, results, now) {
      for (const [index, one] of events.entries()) {
        const result = results[index]
        if (result !== 'done' && result !== 'dead') continue
        const event = nameOf(one)
        if (result === 'dead') {
          const { code = 'none' } = codeIn(one.problem ?? '')
          counters.dead.inc({ event, code })
          continue
        }
        counters.sent.inc({ event })
        for (const key of matchKeysOf(one)) counters.matchKeys.inc({ event, key })
        if (one.arrived !== undefined) counters.delivery.observe({ event }, Math.max(0, now - one.arrived) / 1000)
      }
    },

    async expose({ health, sources }) {
      const { status, waiting, oldest = 0, overdue = oldest, dead, disk } = health
      gauges.waiting.set(waiting)
      gauges.oldest.set(oldest)
      gauges.overdue.set(overdue)
      gauges.deadLetters.set(Object.values(dead).reduce((sum, count) => sum + count, 0))
      for (const one of ['ok', 'delayed', 'full', 'stopped']) gauges.state.set({ status: one }, Number(one === status))
      for (const [kind, bytes] of Object.entries(disk ?? {})) gauges.disk.set({ kind }, bytes)
      for (const [source, { unauthorized, unavailable }] of Object.entries(sources)) {
        gauges.refused.set({ source, status: '401' }, unauthorized)
        gauges.refused.set({ source, status: '503' }, unavailable)
      }
      return { text: await registry.metrics(), contentType: registry.contentType }
    },
  }
}

type Registers = Registry<OpenMetricsContentType>[]

function createCounters(registers: Registers) {
  return {
    received: new Counter({
      name: 'converge_events_received',
      help: 'TikTok events that were accepted, before they are merged or recognized as repeated',
      labelNames: ['source', 'event'],
      registers,
    }),
    unsent: new Counter({
      name: 'converge_events_unsent',
      help: 'Events that are not sent: filtered, skipped, no_consent or failure',
      labelNames: ['source', 'status'],
      registers,
    }),
    sent: new Counter({
      name: 'converge_events_sent',
      help: 'Events that TikTok accepted',
      labelNames: ['event'],
      registers,
    }),
    dead: new Counter({
      name: 'converge_events_dead',
      help: 'Events that TikTok refused for good, by its code',
      labelNames: ['event', 'code'],
      registers,
    }),
    matchKeys: new Counter({
      name: 'converge_match_keys',
      help: 'Events with this match key that TikTok accepted',
      labelNames: ['event', 'key'],
      registers,
    }),
    delivery: new Histogram({
      name: 'converge_delivery_seconds',
      help: 'Seconds from the arrival of an event until TikTok accepted it',
      labelNames: ['event'],
      buckets,
      registers,
    }),
  }
}

function createGauges(registers: Registers) {
  return {
    waiting: new Gauge({ name: 'converge_events_waiting', help: 'Events that wait to be sent', registers }),
    oldest: new Gauge({
      name: 'converge_oldest_event_seconds',
      help: 'Age of the oldest waiting event, or 0',
      registers,
    }),
    overdue: new Gauge({
      name: 'converge_overdue_seconds',
      help: 'Seconds since the most overdue event became due, or 0',
      registers,
    }),
    deadLetters: new Gauge({ name: 'converge_dead_letters', help: 'Dead letters in the database', registers }),
    state: new Gauge({
      name: 'converge_status',
      help: '1 for the status of GET health',
      labelNames: ['status'],
      registers,
    }),
    disk: new Gauge({
      name: 'converge_disk_bytes',
      help: 'Bytes: used by the database, log as a part of that, limit of the events, and free on the disk',
      labelNames: ['kind'],
      registers,
    }),
    refused: new Gauge({
      name: 'converge_source_refusals',
      help: 'Requests of a source that were answered 401 or 5xx since the start',
      labelNames: ['source', 'status'],
      registers,
    }),
  }
}
