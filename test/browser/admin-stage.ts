// The operator's page of a built forwarder with a database, on a host of its own, and a shop that posts to it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import { pixelId } from '../cases/case.ts'
import { PATIENCE } from '../patience.ts'
import type { EventsApiHost } from '../tiktok/events-api-host.ts'
import { driverOf, type Page } from './browsers.ts'
import { createSqliteStore, serveForwarder } from './built-forwarder.ts'
import type { Stage } from './in-each-browser.ts'
import { shop, stub } from './shop.ts'

export const adminToken = 'an-admin-token-of-at-least-32-characters'
export const accessToken = 'secret-access-token'
export const webhookToken = 'secret-webhook-token'
const mount = 'https://ops.shop.test/tiktok'
export const adminUrl = `${mount}/admin`
export const patience = { timeout: PATIENCE }

/** A page of the shop that tracks one event. */
export const pageThatTracks = (name: string, properties: object): string =>
  `<!doctype html><title>Shop</title><script>${stub}</script>
<script async src="${mount}/converge.js"></script>
<script>converge.track(${JSON.stringify(name)}, ${JSON.stringify(properties).replaceAll('<', '\\u003c')})</script>`

export interface Mounted {
  /** Sends events as the shop's server does. */
  post(...events: object[]): Promise<void>
  /** Resolves once TikTok has answered about all events. */
  settled(): Promise<void>
}

/** Serves a forwarder with an operator's page at `adminUrl`. */
export function mountAdmin(stage: Stage, eventsApi: EventsApiHost, config: Partial<ForwarderConfig> = {}): Mounted {
  const folder = mkdtempSync(join(tmpdir(), 'converge-tiktok-'))
  const store = createSqliteStore({ path: join(folder, 'converge.db'), pixelId })
  onTestFinished(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  const forwarder = serveForwarder(stage, new URL(mount).hostname, {
    ...{ accessToken, webhookToken, adminToken, allowedOrigins: [shop.slice(0, -1)], eventsApiUrl: eventsApi.url },
    ...{ store, mergeOrders: 0, ...config },
  })
  return {
    async post(...events) {
      for (const event of events) {
        const answer = await forwarder.fetch(
          new Request(`${mount}/webhook`, {
            method: 'POST',
            headers: { 'x-webhook-token': webhookToken, 'content-type': 'application/json' },
            body: JSON.stringify({ timestamp: Date.now() / 1000, ...event }),
          }),
        )
        expect(answer.status, await answer.text()).toBeLessThan(300)
      }
    },
    settled: () => expect.poll(store.stats, patience).toMatchObject({ waiting: 0 }),
  }
}

/** An order as the shop's server sends it. */
export const order = (id: string, properties: object = {}) => ({
  ...{ event_name: 'Placed Order', event_id: id },
  properties: { id, total_price: 94.8, currency: 'EUR', ...properties },
  profile_properties: { $email: 'jane@example.com' },
})

/** Reads and operates the page as its users do: by what is visible, and by keys. */
export function operatorOf(page: Page) {
  const driver = driverOf(page)
  const text = (selector = 'body') =>
    page.evaluate((wanted) => {
      const visible = [...document.querySelectorAll<HTMLElement>(wanted)].filter((one) => one.checkVisibility())
      return visible.map((one) => one.innerText)
    }, selector)
  const shows = (wanted: string, selector?: string) =>
    expect.poll(async () => (await text(selector)).join('\n'), patience).toContain(wanted)
  return {
    text,
    /** Resolves once an element shows this text. */
    shows,
    /** Clicks the middle of the visible link or button whose text begins like this. */
    async click(name: string, within = ''): Promise<void> {
      const middleOf = () =>
        page.evaluate(
          async (name, within) => {
            const element = [...document.querySelectorAll<HTMLElement>(`${within} :is(a, button, summary)`)].find(
              (one) => one.checkVisibility() && one.innerText.trim().startsWith(name),
            )
            if (!element) return null
            element.scrollIntoView({ block: 'center' })
            const before = element.getBoundingClientRect()
            await new Promise(requestAnimationFrame)
            const { x, y, width, height } = element.getBoundingClientRect()
            const middle = { x: x + width / 2, y: y + height / 2 }
            const isStill = x === before.x && y === before.y
            return isStill && element.contains(document.elementFromPoint(middle.x, middle.y)) ? middle : null
          },
          name,
          within,
        )
      const middle = await vi.waitUntil(middleOf, patience)
      await driver.mouse.click(middle.x, middle.y)
    },
    async signIn(token = adminToken): Promise<void> {
      await driver.waitForSelector('#token')
      await driver.type('#token', token)
      await driver.keyboard.press('Enter')
    },
    /** The name of the focused element. */
    focused: () =>
      page.evaluate(() => {
        const { activeElement: element } = document
        if (!(element instanceof HTMLElement)) return ''
        const [label] = element instanceof HTMLInputElement ? (element.labels ?? []) : []
        return (label?.innerText ?? element.innerText).replace(/\s+/g, ' ').trim()
      }),
  }
}
