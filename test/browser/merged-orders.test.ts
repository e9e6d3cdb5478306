import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { pixelId } from '../cases/case.ts'
import { createSqliteStore, playEventsApi, serveForwarder } from './built-forwarder.ts'
import { inEachBrowser, type Stage } from './in-each-browser.ts'
import { atRest, serveShop, shop, stub } from './shop.ts'

// An order that the real script and the shop's server both send to a forwarder with a database.

const forwarderUrl = 'https://forwarder.shop.test/tiktok'
const accessToken = 'secret-access-token'
const webhookToken = 'secret-webhook-token'
const order = { id: '1001', total_price: 94.8, currency: 'EUR', $email: 'Jane@Example.com' }
const thanks = `<!doctype html><title>Shop</title><script>${stub}
  document.cookie = '_ttp=ttp-cookie'</script>
<script async src="${forwarderUrl}/converge.js"></script>
<script>converge.track('Placed Order', ${JSON.stringify(order)})</script>`
const hash = expect.stringMatching(/^[\da-f]{64}$/)

const eventsApi = await playEventsApi(accessToken)

function mount(stage: Stage) {
  const folder = mkdtempSync(join(tmpdir(), 'converge-tiktok-'))
  const store = createSqliteStore({ path: join(folder, 'converge.db'), pixelId })
  onTestFinished(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  const forwarder = serveForwarder(stage, new URL(forwarderUrl).hostname, {
    ...{ accessToken, webhookToken, allowedOrigins: [shop.slice(0, -1)], eventsApiUrl: eventsApi.url, store },
  })
  async function postWebhook(): Promise<unknown> {
    const answer = await forwarder.fetch(
      new Request(`${forwarderUrl}/webhook`, {
        method: 'POST',
        headers: { 'x-webhook-token': webhookToken, 'content-type': 'application/json' },
        body: JSON.stringify({
          event_name: 'Placed Order',
          event_id: '1001',
          timestamp: Date.now() / 1000,
          properties: { ...order, total_price: 95 },
          profile_properties: {
            ...{ $email: 'jane@example.com', $phone_number: '+19171234567', $customer_id: '7' },
            ...{ $first_name: 'Jane', $last_name: 'Doe', $zip_code: '10001' },
          },
        }),
      }),
    )
    return answer.json()
  }
  return { store, postWebhook }
}

inEachBrowser((stage) => {
  test.each(['page first', 'webhook first'])(
    'an order of the page and of the shop’s server is one event with the match keys of both: %s',
    async (sequence) => {
      const { store, postWebhook } = mount(stage)
      serveShop(stage, { '/': thanks })
      if (sequence === 'webhook first') expect(await postWebhook()).toMatchObject({ statuses: { success: 1 } })
      const page = await stage.open(`${shop}?ttclid=E.C.P.click`)
      if (sequence === 'page first') {
        await expect.poll(store.stats).toMatchObject({ waiting: 1 })
        expect(await postWebhook()).toMatchObject({ statuses: { merged: 1 } })
      }
      const [event] = await eventsApi.waitForAccepted(1)
      expect(event).toMatchObject({
        ...{ event: 'Purchase', event_id: '1001' },
        user: {
          ...{ email: hash, phone: hash, external_id: [hash, hash], first_name: hash, last_name: hash, zip_code: hash },
          ...{ ttclid: 'E.C.P.click', ttp: 'ttp-cookie', ip: expect.any(String) },
          user_agent: await page.evaluate('navigator.userAgent'),
        },
        page: { url: `${shop}?ttclid=E.C.P.click` },
        properties: { value: 95, currency: 'EUR', order_id: '1001' },
      })
      expect(Math.abs(Number(event?.event_time) - Date.now() / 1000)).toBeLessThan(60)
      await atRest(page)
      expect(eventsApi.accepted).toHaveLength(1)
    },
  )
})
