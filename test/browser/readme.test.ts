import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inEachBrowser } from './in-each-browser.ts'
import { visit } from './shop.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const block = (language: string, index: number) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))][index]?.[1] ?? ''

inEachBrowser(
  (stage) => {
    test("the README's first snippet sends what the README says", async () => {
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
  },
  ['chromium'],
)
