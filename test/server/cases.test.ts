import { expect, test } from 'vitest'
import { allCases } from '../cases/all.ts'
import { startForwarder } from './start-forwarder.ts'

// The same calls, sent by a server. A row that is sent by both channels has the same content in both copies.

const page = { $url: 'https://www.shop.test/', referrer: '', $sales_channel_type: 'web' }

test.each(allCases)('the server copy agrees: $title', async ({ config, track, pixel, server = pixel }) => {
  const [event_name, properties, options] = track
  const { postWebhook, outbox } = startForwarder(config)

  const answer = await postWebhook({
    event_name,
    event_id: options?.eventID,
    properties: { ...page, ...properties },
    timestamp: null,
  })

  expect(answer.status).toBe(202)
  const sent = outbox.kept.map(({ data }) => ({ event: data.event, parameters: data.properties }))
  expect(sent).toEqual(server.map(({ event, parameters }) => ({ event, parameters })))
  for (const [index, { event_id }] of server.entries()) {
    if (event_id) expect(outbox.kept[index]?.data.event_id).toBe(event_id)
  }
})
