import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { accessToken, adminToken, adminUrl, mountAdmin, operatorOf, order, patience } from './admin-stage.ts'
import { driverOf, type Page } from './browsers.ts'
import { playEventsApi } from './built-forwarder.ts'
import { inEachBrowser } from './in-each-browser.ts'

// The operator's page for people who use a keyboard, a screen reader, a phone or a dark screen.

const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

const eventsApi = await playEventsApi(accessToken)

/** Each view, and a text that it shows once it is complete. */
const views = [
  ['#today', 'Origin and delivery', ''],
  ['#events', '1002', '.row'],
  ['#dead-letters', '1002', '.letters'],
  ['#setup', 'Config in force', ''],
] as const

inEachBrowser(
  (stage) => {
    /** A forwarder with a delivered order and a dead letter. */
    async function mount(): Promise<void> {
      eventsApi.faults.of = ({ data }) =>
        data.some(({ event_id }) => event_id === '1002')
          ? { code: 40002, message: `properties.${'very_long_name_'.repeat(12)} is not a number` }
          : {}
      const { post, settled } = mountAdmin(stage, eventsApi, {
        sources: { shopify: { type: 'shopify', secret: 'a-secret-of-shopify' } },
      })
      await post(order('1001'), order('1002'), order(`order-with-a-long-id-${'0123456789'.repeat(6)}`))
      await post({ event_name: 'Searched', event_id: 's1', properties: { query: 'cap' } })
      await settled()
    }

    describe.each(['light', 'dark'])('in %s colors', (scheme) => {
      test.each([
        ['desktop', 1280, 800],
        ['phone', 360, 740],
      ])('each view passes axe-core and fits the screen of a %s', async (_, width, height) => {
        await mount()
        const page = await stage.newPage()
        const driver = driverOf(page)
        const { signIn, shows } = operatorOf(page)
        await driver.setBypassCSP(true) // for axe-core, which is not part of the page
        await driver.setViewport({ width, height })
        await driver.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
        const check = async (name: string) => {
          await page.evaluate(axe)
          expect(await page.evaluate('axe.run().then(({ violations }) => violations)'), name).toEqual([])
          expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(width)
        }
        await page.goto(adminUrl)
        await shows('Admin token', 'label')
        await check('sign-in')
        await signIn('wrong-'.repeat(8))
        await shows('This is not the admin token.')
        await check('wrong token')
        await page.reload()
        await signIn()
        await shows('Today', 'h1')
        for (const [view, text, place] of views) {
          await page.evaluate((hash) => location.assign(hash), view)
          await shows(text, place || 'main')
          await page.evaluate(() => {
            for (const part of document.querySelectorAll('details')) part.open = true
            for (const row of document.querySelectorAll<HTMLElement>('.row')) row.click()
          })
          await check(view)
          if (view !== '#dead-letters') continue
          await driver.click('.toolbar .button')
          await shows('dead letter?', 'dialog')
          await check('confirmation')
          await driver.keyboard.press('Escape')
        }
      })
    })

    describe('with only the keyboard', () => {
      /** Presses Tab until this element has the focus, with Shift if it is before the focused one. */
      async function tabTo(page: Page, name: string, direction: 'forward' | 'back' = 'forward'): Promise<void> {
        const { focused } = operatorOf(page)
        const { keyboard } = driverOf(page)
        if (direction === 'back') await keyboard.down('Shift')
        for (let step = 0; step < 60; step++) {
          await keyboard.press('Tab')
          if (!(await focused()).startsWith(name)) continue
          if (direction === 'back') await keyboard.up('Shift')
          return
        }
        throw new Error(`Tab does not reach "${name}".`)
      }

      test('an operator signs in, finds a lost order, retries it, and signs out', async () => {
        await mount()
        const page = await stage.open(adminUrl)
        const { keyboard } = driverOf(page)
        const { shows, focused } = operatorOf(page)
        await expect.poll(focused, patience).toBe('Admin token')
        await keyboard.type(adminToken)
        await keyboard.press('Enter')
        await shows('not delivered', 'h2')

        await tabTo(page, 'Events')
        await keyboard.press('Enter')
        await shows('Events', 'h1')
        await expect.poll(focused, patience).toBe('Events')
        await tabTo(page, 'Order ID')
        await keyboard.type('1002')
        await shows('1 event, newest first', 'h2')
        await tabTo(page, 'Placed Order')
        await keyboard.press('Enter')
        await shows('What came in', '.details')
        await keyboard.press('Escape')
        await expect
          .poll(() => page.evaluate("document.querySelectorAll('[aria-expanded=true]').length"), patience)
          .toBe(0)

        await tabTo(page, 'Dead letters', 'back')
        await keyboard.press('Enter')
        await shows('1002', '.letters')
        eventsApi.faults.of = undefined
        await tabTo(page, 'Purchase 1002')
        await keyboard.press('Space')
        await shows('1 selected', '.toolbar')
        await tabTo(page, 'Retry selected', 'back')
        await keyboard.press('Enter')
        await shows('Retry 1 dead letter?', 'dialog')
        expect(await focused()).toBe('Cancel')
        await tabTo(page, 'Retry 1 dead letter')
        await keyboard.press('Enter')
        await eventsApi.waitForAccepted((accepted) => accepted.some(({ event_id }) => event_id === '1002'))

        await tabTo(page, 'Sign out')
        await keyboard.press('Enter')
        await shows('Admin token', 'label')
      })

      test('a view that is chosen as soon as the page appears is shown', async () => {
        await mount()
        const page = await stage.open(adminUrl)
        const { signIn, shows } = operatorOf(page)
        await page.evaluate(() => {
          const observer = new MutationObserver(() => {
            if (!document.querySelector('nav')) return
            observer.disconnect()
            location.hash = '#events'
          })
          observer.observe(document.body, { subtree: true, childList: true })
        })
        await signIn()
        await shows('Events', 'h1')
      })

      test('what is typed before the page has shown the last filter stays in the search field', async () => {
        await mount()
        const page = await stage.open(adminUrl)
        const { signIn, shows } = operatorOf(page)
        await signIn()
        await shows('Today', 'h1')
        await page.evaluate(() => {
          const type = (text: string) => {
            const field = document.querySelector<HTMLInputElement>('input[name=q]')
            if (!field) return false
            field.value = text
            field.dispatchEvent(new InputEvent('input', { bubbles: true }))
            return true
          }
          // As soon as the field is there, and as soon as the filter of the first digit takes effect.
          const observer = new MutationObserver(() => type('1') && observer.disconnect())
          observer.observe(document.body, { subtree: true, childList: true })
          const addMore = () => {
            if (!location.hash.includes('q=')) return
            removeEventListener('hashchange', addMore)
            type('1002')
          }
          addEventListener('hashchange', addMore)
          location.hash = '#events'
        })
        await shows('1 event, newest first', 'h2')
      })

      test('with only Tab and Enter, an operator gets from Today to the lost order, its reason and its retry', async () => {
        await mount()
        const page = await stage.open(adminUrl)
        const { keyboard } = driverOf(page)
        const { signIn, shows } = operatorOf(page)
        const enter = async (name: string, direction?: 'back') => {
          await tabTo(page, name, direction)
          await keyboard.press('Enter')
        }
        await signIn()
        await shows('1 event not delivered', 'h2')
        await enter('See the dead letters')
        await shows('1002', '.letters')
        await enter('Today', 'back')
        await shows('1 event not delivered', 'h2')
        await enter('Failing')
        await shows('1 event, newest first', 'h2')
        await enter('Placed Order')
        await shows('What came in', '.details')
        eventsApi.faults.of = undefined
        await enter('Retry it under Dead letters')
        await shows('1002', '.letters')
        await enter('Retry 1')
        await shows('Retry 1 dead letter?', 'dialog')
        await enter('Retry 1 dead letter')
        await eventsApi.waitForAccepted((accepted) => accepted.some(({ event_id }) => event_id === '1002'))
        await shows('There are no dead letters.')
      })

      test('the arrow keys move through the events, Home and End to the ends, and Tab leaves the list', async () => {
        await mount()
        const page = await stage.open(`${adminUrl}#events`)
        const { keyboard } = driverOf(page)
        const { signIn, shows } = operatorOf(page)
        await signIn()
        await shows('1001', '.row')
        const at = () =>
          page.evaluate(() => [...document.querySelectorAll('.row')].indexOf(document.activeElement ?? document.body))
        await tabTo(page, 'Searched')
        const first = await at()
        const seen: number[] = []
        for (const key of [
          'ArrowDown',
          'ArrowDown',
          'ArrowUp',
          'End',
          'ArrowDown',
          'Home',
          'ArrowUp',
          'Tab',
        ] as const) {
          await keyboard.press(key)
          seen.push(await at())
        }
        expect([first, ...seen]).toEqual([0, 1, 2, 1, 3, 3, 0, 0, -1])
      })

      test('the first Tab offers to skip the header, and a new view has the focus on its heading', async () => {
        await mount()
        const page = await stage.open(adminUrl)
        const { keyboard } = driverOf(page)
        const { signIn, shows, focused } = operatorOf(page)
        await signIn()
        await shows('not delivered', 'h2')
        await keyboard.press('Tab')
        expect(await focused()).toBe('Skip to the content')
        await keyboard.press('Enter')
        expect(await page.evaluate('document.activeElement.id')).toBe('main')
        await page.evaluate('location.assign("#setup")')
        await expect.poll(focused, patience).toBe('Setup')
      })
    })
  },
  ['chromium'],
)
