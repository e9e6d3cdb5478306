import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startDemo } from '../../examples/demo/server.ts'
import { createShop } from '../../examples/demo/shop.ts'
import { inEachBrowser } from './in-each-browser.ts'

const built = () => readFileSync(new URL('../../dist/converge.js', import.meta.url), 'utf8')

/** What the page shows for each button. */
const becomes: Record<string, string> = {
  pageView: '$page_load', // on the same address again
  viewProduct: 'Viewed Product → ViewContent',
  viewCollection: 'Viewed Collection → ViewContent',
  addToCart: 'Added To Cart → AddToCart',
  checkOut: 'Started Checkout → InitiateCheckout',
  pay: 'Added Payment Info → AddPaymentInfo',
  order: 'Placed Order → Purchase',
  firstOrder: 'Placed Order → Purchase + NewCustomerPurchase',
  subscribe: 'Started Subscription → Subscribe',
  activate: 'Activated Subscription → Subscribe',
  cancel: 'Cancelled Subscription → CancelSubscription',
  recurringOrder: 'Placed Recurring Subscription Order → RecurringSubscriptionPaymentSucceeded',
  search: 'Searched → Search',
  newsletter: 'Subscribed To Newsletter → CompleteRegistration',
  hostile: 'Placed Order → Purchase',
  unmapped: 'Added To Wishlist',
}

inEachBrowser(
  (stage) => {
    const open = (query = '') => {
      stage.network.serve('localhost', createShop({}).answer)
      return stage.open(`http://localhost/${query}`)
    }

    /** The page as it is, told in words; rows as they came. */
    const shown = () => {
      const textOf = (within: ParentNode, name: string) =>
        Array.from(within.querySelectorAll(`[data-part=${name}]`), (part) => part.textContent ?? '')
      const rows = Array.from(document.querySelectorAll('#log > li'), (row) => ({
        title: [...textOf(row, 'from'), ...textOf(row, 'to').filter(Boolean)].join(' → '),
        status: textOf(row, 'status').join(),
        reason: textOf(row, 'reason').join(),
        call: textOf(row, 'call').join(),
        ttq: textOf(row, 'ttq'),
        hits: textOf(row, 'hit'),
        arrivals: textOf(row, 'arrival'),
      })).reverse()
      return {
        pixel: document.querySelector('#pixel')?.textContent?.replace(/\s+/g, ' ').trim() ?? '',
        rows,
        areSettled: rows.every(({ arrivals }) => arrivals.every((text) => /arrived|never/.test(text))),
      }
    }

    const press = (call: string) => document.querySelector<HTMLElement>(`[data-call=${call}]`)?.click()

    test('every button of the demo shows its call, the ttq call that it became, and the hit that left', async () => {
      const page = await open()
      const buttons: string[] = await page.evaluate(() =>
        Array.from(document.querySelectorAll<HTMLElement>('[data-call]'), ({ dataset }) => String(dataset.call)),
      )
      const calls = [...new Set(buttons)]
      expect(new Set(calls)).toEqual(new Set(Object.keys(becomes)))
      const [first = '', ...others] = calls
      await page.evaluate(press, first)
      await expect.poll(async () => (await page.evaluate(shown)).pixel).toMatch(/^Pixel live/)
      for (const call of others) await page.evaluate(press, call)
      await expect.poll(async () => (await page.evaluate(shown)).rows).toHaveLength(calls.length + 1)
      await expect.poll(async () => (await page.evaluate(shown)).areSettled, { timeout: 5000 }).toBe(true)

      const { rows } = await page.evaluate(shown)
      expect(rows.map(({ title }) => title)).toEqual(['$page_load → Pageview', ...calls.map((call) => becomes[call])])
      for (const { title, call, ttq, hits, arrivals } of rows) {
        const [eventName = '', events] = title.split(' → ')
        expect(call).toMatch(`converge.track('${eventName}'`)
        const names = events?.split(' + ') ?? []
        expect(ttq).toHaveLength(names.length)
        for (const [index, name] of names.entries()) {
          const id = / event_id: ('.*?')/.exec(ttq[index] ?? '')?.[1]
          expect(ttq[index]).toMatch(`.track('${name}'`)
          expect(hits[index]).toMatch(`event: '${name}',\n  event_id: ${id}`)
          expect(arrivals[index]).toMatch(/^arrived after \d+ ms$/)
        }
      }
      expect(rows[0]?.ttq[0]).toMatch(/^ttq.track\(.*pixel_code: 'C4DEMO/s)
      expect(rows[2]?.ttq[0]).toMatch(/^ttq.instance\('C4DEMO/)
      expect(rows.at(-1)?.reason).toBe('Skipped: no row of the mapping names this event.')
      expect(page.consoleErrors).toEqual([])
      expect(stage.network.strays).toEqual([])
      expect(stage.network.tiktok.requests).toEqual([]) // the real address
    })

    test("the demo's filter and content ID switches are Converge's own", async () => {
      const page = await open('?filter=orders&content=sku')
      await page.evaluate(press, 'order')
      await page.evaluate(press, 'addToCart')
      await expect.poll(async () => (await page.evaluate(shown)).rows).toHaveLength(3)
      const [, order, added] = (await page.evaluate(shown)).rows
      expect(order).toMatchObject({
        status: 'filtered',
        reason: 'Filtered: this page’s filter lets only orders from €50 through.',
      })
      expect(added?.ttq[0]).toMatch("content_id: 'LINEN-SAND-M'")
    })

    test.each([
      ['refused', 'events.js did not load, as with an ad blocker'],
      ['empty', 'something else came in place of events.js'],
    ])('where events.js is %s, the demo says that the pixel is blocked and why', async (events, cause) => {
      const page = await open(`?events=${events}`)
      await expect
        .poll(async () => (await page.evaluate(shown)).pixel)
        .toBe(`Pixel blocked · ${cause}`.replace('· ', ''))
      await page.evaluate(press, 'order')
      await expect.poll(async () => (await page.evaluate(shown)).rows.length).toBe(2)
      const [pageView, order] = (await page.evaluate(shown)).rows
      expect(pageView).toMatchObject({ arrivals: ['never left'] })
      expect(order).toMatchObject({
        status: 'failure',
        hits: ['Failure: TikTok’s script did not come, so nobody takes this call.'],
      })
    })
  },
  ['chromium'],
)

test('without a pixel of its own the demo serves converge.js with TikTok at its own address, and nothing else changed', async () => {
  const demo = await startDemo({ port: 0 })
  const script = await (await fetch(`${demo.url}/converge.js`)).text()
  demo.close()
  expect(script).not.toMatch('analytics.')
  const [head = '', tail = ''] = script.split(`${demo.url}/tiktok`)
  expect(built().startsWith(head)).toBe(true)
  expect(built().endsWith(tail)).toBe(true)
})

test('with a pixel of its own the demo serves converge.js as it is, and says where the hits are to be seen', async () => {
  const demo = await startDemo({ port: 0, pixelId: 'C4OURS00000000000001' })
  const [page, script] = await Promise.all(
    ['/', '/converge.js'].map(async (path) => (await fetch(demo.url + path)).text()),
  )
  demo.close()
  expect(script).toBe(built())
  expect(page).toMatch('data-pixel-id="C4OURS00000000000001"')
  expect(page).toMatch('data-tiktok="real"')
  expect(page).toMatch('Events Manager, Test Events')
})

test('the demo takes the next free port, and stops while pages still listen for hits', async () => {
  const first = await startDemo({ port: 0 })
  const second = await startDemo({ port: Number(new URL(first.url).port) })
  expect(Number(new URL(second.url).port)).toBeGreaterThan(Number(new URL(first.url).port))
  const { body } = await fetch(`${first.url}/hits`)
  first.close()
  second.close()
  await expect(async () => {
    for await (const _ of body ?? []);
  }).rejects.toThrow()
  await expect(fetch(first.url)).rejects.toThrow()
})
