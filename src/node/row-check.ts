import { copyRecord, createEvent } from '../core/event.ts'
import { sha256 } from '../core/sha256.ts'
import type { ForwarderConfig } from '../server/forwarder.ts'
import { redact } from '../server/redact.ts'
import { createEventsApi } from '../tiktok/events-api/client.ts'
import { fromServer } from '../tiktok/events-api/payload.ts'
import type { Mapping } from '../tiktok/mapping.ts'
import { mapRow } from '../tiktok/route.ts'
import type { Finding } from './finding.ts'

/** Sends one test event for each mapping row, as a forwarder would, and reports TikTok's answers. */
export async function checkRows(mapping: Mapping, config: ForwarderConfig, testCode: string): Promise<Finding[]> {
  const { pixelId, accessToken, eventsApiUrl } = config
  const api = createEventsApi({ pixelId, accessToken, url: eventsApiUrl, redact, log: () => {} })
  const findings: Finding[] = []
  const sent: string[] = []

  for (const [eventName, rows] of Object.entries(mapping)) {
    const event = createEvent(eventName, copyRecord(sampleOf(eventName)), undefined, newId)
    // Without conditions and filters, which the sample may not pass.
    for (const row of rows.map((one) => mapRow(event, one, config))) {
      const title = `${eventName} → ${row.event}`
      if (row.forward === 'client') {
        findings.push({ ok: undefined, text: `${title}: sent by the page only.` })
        continue
      }
      const outboxEvents = fromServer(event, { rows: [row], profile, time: Date.now(), config }).map((one) => ({
        ...one,
        test_event_code: testCode,
      }))
      const [result] = await api.deliver(outboxEvents)
      const problem = outboxEvents[0]?.problem ?? ''
      // A wrong token or a network failure would affect the next rows as well.
      if (result === 'stop') return [...findings, { ok: false, text: api.stats().stopped ?? problem }]
      if (result === 'retry') return [...findings, { ok: false, text: `${title}: ${problem}` }]
      findings.push({
        ok: result === 'done',
        text: `${title}: ${result === 'done' ? 'TikTok accepted it.' : problem}`,
      })
      if (result === 'done') sent.push(row.event)
    }
  }
  return [...findings, { ok: undefined, text: expectation(sent, testCode) }]
}

function expectation(sent: string[], testCode: string): string {
  return `Events Manager should now show these server events under Test events, for the code ${testCode}: ${sent.join(', ')}.`
}

const newId = () => `converge-check-${crypto.randomUUID()}`

const profile = {
  user: {
    email: sha256('converge-check@example.com'),
    external_id: sha256('converge-check'),
    ip: '203.0.113.1', // reserved for examples by RFC 5737
    user_agent: 'Mozilla/5.0 (converge-tiktok check)',
  },
  visitor: undefined,
  aliases: [],
  url: '',
  marketing: 'granted' as const,
  isUndated: false,
  gpc: false,
}

const item = {
  product_id: '9010',
  variant_id: '90101',
  sku: 'CAP-1',
  name: 'Cap',
  price: 19.9,
  quantity: 1,
  currency: 'EUR',
}

const samples = new Map<string, Record<string, unknown>>([
  ['$page_load', {}],
  ['Viewed Product', item],
  ['Viewed Collection', { id: '7', name: 'Hats', items: [item] }],
  ['Added To Cart', item],
  ['Searched', { query: 'cap' }],
  ['Subscribed To Newsletter', {}],
])

function sampleOf(eventName: string): Record<string, unknown> {
  const order = { id: newId(), total_price: 19.9, currency: 'EUR', items: [item] }
  return samples.get(eventName) ?? order
}
