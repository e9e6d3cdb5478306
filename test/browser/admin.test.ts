import { describe, expect, test } from 'vitest'
import { pixelId } from '../cases/case.ts'
import { accessToken, adminUrl, mountAdmin, operatorOf, order, pageThatTracks, patience } from './admin-stage.ts'
import { driverOf, type Page } from './browsers.ts'
import { playEventsApi } from './built-forwarder.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { serveShop, shop } from './shop.ts'

// The operator's page, served by the built forwarder with a real database. TikTok's Events API is played on loopback.

const eventsApi = await playEventsApi(accessToken)

const refusal = 'properties.value is not a number'

/** TikTok refuses these orders. */
function refuse(...ids: string[]): void {
  eventsApi.faults.of = ({ data }) =>
    data.some(({ event_id }) => ids.includes(event_id)) ? { code: 40002, message: refusal } : {}
}

inEachBrowser(
  (stage) => {
    async function signedIn(view = ''): Promise<{ page: Page } & ReturnType<typeof operatorOf>> {
      const page = await stage.open(adminUrl + view)
      const operator = operatorOf(page)
      await operator.signIn()
      await expect.poll(() => operator.text('h1'), patience).not.toContain('Converge for TikTok')
      return { page, ...operator }
    }

    async function endSession(page: Page): Promise<void> {
      const context = driverOf(page).browserContext()
      await context.deleteCookie(...(await context.cookies()))
    }

    describe('signing in', () => {
      test('opens the page with the admin token, also after a reload, until somebody signs out', async () => {
        mountAdmin(stage, eventsApi)
        const { page, shows, click } = await signedIn()
        await shows('Everything arrives', 'h2')
        await page.reload()
        await shows('Everything arrives', 'h2')
        await click('Sign out')
        await shows('Admin token', 'label')
        await page.reload()
        await shows('Admin token', 'label')
        expect(await driverOf(page).browserContext().cookies()).toEqual([])
      })

      test('is refused with a wrong token. The page says so, and the right one is accepted afterwards', async () => {
        mountAdmin(stage, eventsApi)
        const page = await stage.open(adminUrl)
        const { signIn, shows, focused } = operatorOf(page)
        await signIn('a-wrong-token-of-at-least-32-characters')
        await shows('This is not the admin token.', '[role=alert]')
        expect(await page.evaluate("document.querySelector('nav')")).toBe(null)
        expect(await focused()).toBe('Admin token')
        // The forwarder makes everybody wait after a wrong token. The page waits, and signs in then.
        await signIn()
        await shows('Everything arrives', 'h2')
      })

      test('never puts the token into a URL or into what scripts can read', async () => {
        mountAdmin(stage, eventsApi)
        const { page, shows } = await signedIn()
        await shows('Everything arrives', 'h2')
        expect(stage.network.log.filter(({ path }) => /token/.test(path))).toEqual([])
        expect(await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length])).toEqual([
          '',
          0,
          0,
        ])
        const [cookie] = await driverOf(page).browserContext().cookies()
        expect(cookie).toMatchObject({ name: expect.stringMatching(/^__Host-/), httpOnly: true, secure: true })
      })

      test('again after the session has ended returns to the same view, filters and opened line', async () => {
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'), order('1002'))
        await settled()
        const { page, shows, click, signIn, text } = await signedIn('#events')
        await driverOf(page).type('[type=search]', '1001')
        await shows('1 event, newest first', 'h2')
        await click('Placed Order', '.list')
        await shows('What came in', '.details')
        await endSession(page)
        await shows('Your session has ended.', 'main')
        expect(await text('.row')).toEqual([])
        await signIn()
        await shows('What came in', '.details')
        expect(await page.evaluate('location.hash')).toBe('#events?q=1001')
        expect(await page.evaluate("document.querySelector('[type=search]').value")).toBe('1001')
      })
    })

    describe('the events', () => {
      test('show an order placed in the shop without a reload', async () => {
        mountAdmin(stage, eventsApi)
        const { shows } = await signedIn('#events')
        await shows('No event matches the filters.')
        serveShop(stage, { '/': pageThatTracks('Placed Order', { id: '1001', total_price: 94.8, currency: 'EUR' }) })
        await stage.open(shop)
        await shows('Placed Order', '.row')
        await shows('€94.80', '.row')
        await shows('Success', '.row')
        await shows('1 new event.', '[role=status]')
      })

      test('do not change while Live is off', async () => {
        const { post, settled } = mountAdmin(stage, eventsApi)
        const { shows, click, text } = await signedIn('#events')
        await shows('No event matches the filters.')
        await click('Live')
        await post(order('1001'))
        await settled()
        const posted = Date.now()
        // The next one of the summaries comes later than several of Live’s requests would.
        await stage.network.waitForRequest(({ path, time }) => path.endsWith('/summary') && time > posted)
        expect(await text('.row')).toEqual([])
        await click('Live')
        await shows('1001', '.row')
      })

      test('find an order by its ID, and show what came in, what was sent, and what TikTok answered', async () => {
        refuse('1002')
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'), order('1002'), order('1003'))
        await settled()
        const { page, shows, click } = await signedIn('#events')
        await driverOf(page).type('[type=search]', '1002')
        await shows('1 event, newest first', 'h2')
        await click('Placed Order', '.list')
        await shows('webhook. Posted by the shop’s server.', '.details')
        await shows('Purchase', '.details')
        await shows('email', '.details')
        await shows(refusal, '.details')
        await shows('40002', '.details')
        await page.reload()
        await shows('1 event, newest first', 'h2')
      })

      test('show each of TikTok’s answers to an event that it refused twice before it took it', async () => {
        eventsApi.faults.next = [
          { code: 50002, message: 'busy for now' },
          { status: 503, garbage: 'the gateway is down' },
        ]
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'))
        await settled()
        const { shows, click, text } = await signedIn('#events')
        await click('Placed Order', '.list')
        await shows('TikTok accepted it.', '.advice')
        const answers = (await text('.answers li')).map((one) => one.replace(/\s+/g, ' '))
        expect(answers).toEqual([
          expect.stringMatching(/\d\d:\d\d:\d\d TikTok answered code 50002: busy for now$/),
          expect.stringMatching(/\d\d:\d\d:\d\d TikTok answered HTTP 503/),
          expect.stringMatching(/\d\d:\d\d:\d\d OK 0$/),
        ])
      })

      test('that are tried again are counted as failing, and the tile leads to them', async () => {
        eventsApi.faults.always = { status: 503 }
        const { post } = mountAdmin(stage, eventsApi)
        await post(order('1001'))
        await eventsApi.waitForRequests(1)
        const { shows, click } = await signedIn('')
        await shows('1 of them tried again', '.tiles')
        await click('Failing', '.tiles')
        await shows('1 event, newest first', 'h2')
        await shows('1001', '.row')
      })

      test('say each sentence about a refused order once', async () => {
        refuse('1001')
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'))
        await settled()
        const { shows, click, text } = await signedIn('#events')
        await click('Placed Order', '.list')
        await shows('Retry it under Dead letters', '.details')
        expect((await text('.log')).join('').split(refusal)).toHaveLength(2)
      })

      test('say in words why an order was skipped', async () => {
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'))
        await settled()
        await post(order('1001'), { event_name: 'Waved', event_id: 'w1' })
        const { shows, text } = await signedIn('#events')
        await shows('The same event arrived before with this event_id.', '.why')
        await shows('The mapping has no row for this event.', '.why')
        expect((await text()).join()).not.toMatch(/already_sent|not_mapped/)
      })

      test('say that there is no log if it is switched off', async () => {
        mountAdmin(stage, eventsApi, { log: false })
        const { shows, text, click } = await signedIn('#events')
        await shows('There is no event log, because log is false in the config.', '.empty')
        expect((await text()).join()).not.toContain('No event matches')
        await click('Today')
        await shows('There is no event log, because log is false in the config.', '.empty')
      })

      test.each([
        ['status', 'failure', '1002'],
        ['event', 'Purchase', '1001'],
        ['source', 'webhook', '1001'],
      ])('are filtered by %s, and a reload keeps the filter', async (name, value, expected) => {
        refuse('1002')
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'), order('1002'), {
          event_name: 'Searched',
          event_id: 's1',
          properties: { query: 'cap' },
        })
        await settled()
        const { page, shows } = await signedIn('#events')
        await shows('3 events', 'h2')
        await driverOf(page).select(`[name=${name}]`, value)
        await shows(expected, '.row')
        await page.reload()
        await shows(expected, '.row')
        expect(await page.evaluate('location.hash')).toBe(`#events?${name}=${value}`)
      })

      test('can be downloaded as CSV with the same filters', async () => {
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'), order('=1+1'))
        await settled()
        const { page, shows } = await signedIn('#events?event=Purchase')
        await shows('=1+1', '.row')
        const csv = await page.evaluate(async () => {
          const link = document.querySelector<HTMLAnchorElement>('a[download]')
          return (await fetch(link?.href ?? '')).text()
        })
        expect(csv).toContain('1001')
        expect(csv).toMatch(/'=1\+1/)
      })
    })

    describe('the dead letters', () => {
      test('are retried after a confirmation, and delivered', async () => {
        refuse('1001')
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'), order('1002'))
        await settled()
        const { shows, click } = await signedIn()
        await shows('1 event not delivered', 'h2')
        await click('See the dead letters')
        await shows(refusal, 'h2')
        eventsApi.faults.of = undefined
        await click('Retry 1')
        await shows('Retry 1 dead letter?', 'dialog')
        await click('Retry 1 dead letter', 'dialog')
        await shows('1 dead letter is sent again.', '[role=status]')
        await eventsApi.waitForAccepted((accepted) => accepted.some(({ event_id }) => event_id === '1001'))
        await shows('There are no dead letters.')
        await click('Today')
        await shows('Everything arrives', 'h2')
      })

      test('stay where they are if the confirmation is canceled', async () => {
        refuse('1001')
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(order('1001'))
        await settled()
        const { page, shows, click, text } = await signedIn('#dead-letters')
        for (const cancel of [() => click('Cancel', 'dialog'), () => driverOf(page).keyboard.press('Escape')]) {
          await click('Drop all')
          await shows('Drop 1 dead letter?', 'dialog')
          await cancel()
          await expect.poll(() => text('dialog'), patience).toEqual([])
        }
        await page.reload()
        await shows('1001', '.letters')
      })

      test('are dropped one by one, by selection, and all at once', async () => {
        const ids = ['1001', '1002', '1003', '1004', '1005']
        refuse(...ids)
        const { post, settled } = mountAdmin(stage, eventsApi)
        await post(...ids.map((id) => order(id)))
        await settled()
        const { page, shows, click, text } = await signedIn('#dead-letters')
        await shows('5 dead letters', '.toolbar')
        const drop = async (button: string, within: string, count: string) => {
          await click(button, within)
          await click(`Drop ${count}`, 'dialog')
          await shows(`${count} ${count.startsWith('1 ') ? 'was' : 'were'} dropped.`, '[role=status]')
        }
        await drop('Drop', '.letters li:first-child', '1 dead letter')
        await expect.poll(async () => (await text('.letters li')).length, patience).toBe(4)
        for (const position of [1, 2]) await driverOf(page).click(`.letters li:nth-child(${position}) input`)
        await drop('Drop selected', '.toolbar', '2 dead letters')
        await expect.poll(async () => (await text('.letters li')).length, patience).toBe(2)
        await drop('Drop all', '.toolbar', '2 dead letters')
        await shows('There are no dead letters.')
        expect(eventsApi.accepted).toEqual([])
      })
    })

    test('the setup shows the snippet, the webhook addresses, the sources and the config without secrets', async () => {
      mountAdmin(stage, eventsApi, {
        sources: {
          shopify: { type: 'shopify', secret: 'a-secret-of-shopify' },
          erp: { token: 'a-token-of-the-erp', enabled: false },
        },
      })
      const { page, shows, text } = await signedIn('#setup')
      await shows('https://ops.shop.test/tiktok/converge.js', 'pre')
      await shows('https://ops.shop.test/tiktok/webhook/shopify', '.webhooks')
      await shows('The snippet and the webhooks have the host of this page.', '.notice')
      await shows('off', 'tbody')
      await shows(pixelId, 'pre')
      const everything = (await text()).join('\n') + (await page.evaluate('document.documentElement.outerHTML'))
      for (const secret of ['a-secret-of-shopify', 'a-token-of-the-erp', accessToken])
        expect(everything).not.toContain(secret)
    })
  },
  ['chromium'],
)
