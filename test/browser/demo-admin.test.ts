import { expect, onTestFinished, test } from 'vitest'
import { adminToken } from '../../examples/demo/admin-token.ts'
import { createDemo } from '../../examples/demo/demo.ts'
import { operatorOf, patience } from './admin-stage.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'

// The operator's page of the demo shop.

const shop = 'http://localhost'
const adminUrl = 'https://ops.localhost/admin'

inEachBrowser(
  (stage) => {
    async function startDemo(withMonth: boolean): Promise<void> {
      const demo = await createDemo({ origins: [shop], adminUrl, withMonth })
      onTestFinished(() => demo.close())
      stage.network.serve('localhost', demo.answer)
      stage.network.serve('ops.localhost', demo.answerAdmin)
    }

    async function openAdmin(view = ''): Promise<{ page: Page } & ReturnType<typeof operatorOf>> {
      const page = await stage.open(adminUrl + view)
      const operator = operatorOf(page)
      await operator.signIn(adminToken)
      return { page, ...operator }
    }

    test('one lost order is found in three clicks, retried and delivered', async () => {
      await startDemo(true)
      const { page, shows, click, text } = await openAdmin()
      await shows('1 event not delivered', 'h2')
      expect((await text('tbody tr')).join('\n')).toContain('Yesterday')
      await click('1', 'tbody tr:nth-child(2) td:nth-child(3)')
      await shows('1 event, newest first', 'h2')
      await click('Placed Order', '.list')
      await shows('content_id is required', '.details')
      await click('Retry it under Dead letters', '.details')
      await click('Retry 1', '.group')
      await click('Retry 1 dead letter', 'dialog')
      await shows('There are no dead letters.')
      await page.goto(adminUrl)
      await shows('Everything arrives', 'h2')
    })

    test('a month of traffic is behind it, with orders on each day', async () => {
      await startDemo(true)
      const { shows, click, text } = await openAdmin()
      await shows('Yesterday', 'tbody')
      await click('Show all 30 days')
      const days = await text('[aria-label="Orders by day"] tbody tr')
      expect(days).toHaveLength(30)
      for (const day of days.slice(1)) expect(day).toMatch(/€[\d,.]+/)
    })

    test.each([
      ['blocked', 'Purchase', 'Success'],
      ['reload', 'Purchase', 'Success'],
      ['reject', 'Placed Order', 'No consent'],
    ])('the order of the story "%s" is in it once, as %s: %s', async (story, event, status) => {
      await startDemo(false)
      const tab = await stage.open(`${shop}/tiktok`)
      await tab.evaluate((story) => document.querySelector<HTMLElement>(`[data-story=${story}]`)?.click(), story)
      const { shows, text } = await openAdmin(`#events?event=${encodeURIComponent(event)}`)
      await shows('Placed Order', '.row')
      await shows(status, '.row')
      expect(await text('.row')).toHaveLength(1)
    })

    test('the bar of each page links to it, and shows the token', async () => {
      await startDemo(false)
      for (const path of ['/', '/tiktok']) {
        const page = await stage.open(shop + path)
        const linked = () => page.evaluate(() => document.querySelector('.controls .links a')?.getAttribute('href'))
        await expect.poll(linked, patience).toBe(adminUrl)
        expect(await page.evaluate(() => document.querySelector('.controls code')?.textContent)).toBe(adminToken)
      }
    })
  },
  ['chromium'],
)
