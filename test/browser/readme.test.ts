import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { pixelId } from '../cases/case.ts'
import { createEventsApiHost } from '../tiktok/events-api-host.ts'
import { serveForwarder } from './built-forwarder.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { shop, stub, visit } from './shop.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const block = (language: string, index: number) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))][index]?.[1] ?? ''

inEachBrowser(
  (stage) => {
    test("the README's first snippet sends the events that the README shows", async () => {
      await visit(stage, block('html', 0))
      const { tiktok, strays } = stage.network
      const hits = await tiktok.waitForHits((hits) => hits.some(({ event }) => event === 'NewCustomerPurchase'))
      const orders = hits.filter(({ event }) => event.endsWith('Purchase'))
      expect(orders.map(({ event, event_id }) => [event, event_id])).toEqual([
        ['Purchase', '1001'],
        ['NewCustomerPurchase', '1001'],
      ])
      const [, parameters = ''] = /'Purchase', (\{[\s\S]*?\n\}), /.exec(block('js', 0)) ?? []
      const [, email = ''] = /email: '(\w+)/.exec(block('js', 0)) ?? []
      for (const { properties, context } of orders) {
        expect(properties).toEqual(new Function(`return ${parameters}`)())
        expect(context.user.email).toMatch(new RegExp(`^${email}`))
      }
      expect(strays).toEqual([])
    })

    test("the README's second snippet is enough for a page whose script comes from a forwarder", async () => {
      const eventsApi = await createEventsApiHost({ accessToken: 'an-access-token', pixelId })
      onTestFinished(() => eventsApi.close())
      const snippet = block('html', 1)
      const { hostname } = new URL(/src="(.*?)"/.exec(snippet)?.[1] ?? '')
      const allowedOrigins = [shop.slice(0, -1)]
      serveForwarder(stage, hostname, { accessToken: 'an-access-token', allowedOrigins, eventsApiUrl: eventsApi.url })
      await visit(
        stage,
        `<script>${stub};converge.track('Placed Order', { id: '7', total_price: 5 })</script>${snippet}`,
      )
      const { tiktok } = stage.network
      await tiktok.waitForHits((hits) => hits.some(({ event_id }) => event_id === '7'))
      expect(await eventsApi.waitForAccepted(1)).toMatchObject([{ event: 'Purchase', event_id: '7' }])
    })
  },
  ['chromium'],
)
