import { expect, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { has, hitsLeaveAtOnce, pageOf, relay, serveRelay, serveShop, shop, stateOf, visit } from './shop.ts'

// A hit carries the person whom TikTok's pixel knows when it is sent. So a second person's calls wait for the first one's hits.

const config: Config = { pixelId, load: 'immediate' }
const jane = 'jane@example.com'
const john = 'john@example.com'

/** Tracks a search of each of these persons, in one task. The event_id is the address. */
const trackEach = (page: Page, ...emails: string[]) =>
  page.evaluate((emails) => {
    for (const eventID of emails) {
      const properties: object = { $email: eventID }
      window.converge?.track?.('Searched', properties, { eventID })
    }
  }, emails)

/** Whom each search was about. */
const persons = (hits: Hit[]) =>
  hits.filter(({ event }) => event === 'Search').map(({ event_id, context }) => [event_id, context.user.email])

const own = (...emails: string[]) => emails.map((email) => [email, sha256(email)])

/** The page's clock, and its long timers, wait for the test. */
const clock = `<script>
  window.passed = 0
  const { now } = Date
  Date.now = () => now() + passed
  window.waits = []
  const set = window.setTimeout
  window.setTimeout = (task, delay, ...rest) => {
    if (delay >= 100) waits.push(delay)
    return set(task, delay, ...rest)
  }
</script>`

inEachBrowser(
  (stage) => {
    const waitForHits = (enough: (hits: Hit[]) => boolean, timeout?: number) =>
      stage.network.tiktok.waitForHits(enough, timeout)

    const openLive = async (passed: number, more: Partial<Config> = {}) => {
      serveShop(stage, { '/': clock + pageOf('script tag', { ...config, ...more }), '/next': '<!doctype html>' })
      const page = await stage.open(shop)
      await stateOf(page, { pixel: 'live' })
      await hitsLeaveAtOnce(page)
      await page.evaluate(`passed = ${passed}; waits.length = 0`)
      return page
    }

    test("after the pixel was live for a second, another person's hit leaves 100 ms later, with that person", async () => {
      const page = await openLive(1000)
      await trackEach(page, jane, john)
      expect(persons(await waitForHits(has(john), 2000))).toEqual(own(jane, john))
      expect(await page.evaluate('waits')).toEqual([100])
    })

    test("before that, another person's hit waits for 5 s", async () => {
      const page = await openLive(0)
      await trackEach(page, jane, john)
      expect(await page.evaluate('waits')).toEqual([5000])
    })

    test('each hit carries its own person, for many persons in one task', async () => {
      const page = await openLive(1000)
      const many = Array.from({ length: 8 }, (_, index) => (index % 2 ? john : jane))
      await trackEach(page, ...many, 'last@example.com')
      expect(persons(await waitForHits(has('last@example.com'))).at(-1)).toEqual(own('last@example.com')[0])
      for (const [email, hash] of persons(stage.network.tiktok.hits)) expect(hash).toBe(sha256(email ?? ''))
    })

    test("a page that is left sends the second person's hit if the first one's had 50 ms", async () => {
      const page = await openLive(1000)
      await trackEach(page, jane, john)
      await page.evaluate('passed += 60')
      await page.goto(`${shop}next`)
      expect(persons(await waitForHits(has(john), 2000))).toEqual(own(jane, john))
    })

    test("a page that is left before that sends the second person's event only through the relay", async () => {
      const host = serveRelay(stage)
      const page = await openLive(1000, { relay })
      await page.evaluate(
        ([jane, john]) => {
          const { now } = Date
          const fixed = now()
          Date.now = () => fixed
          for (const eventID of [jane, john]) {
            const properties: object = { $email: eventID }
            window.converge?.track?.('Searched', properties, { eventID })
          }
          location.href = '/next'
        },
        [jane, john] as const,
      )
      const taken = await host.waitForTaken(2)
      expect(taken.map(({ eventID, user }) => [eventID, user.email])).toEqual(own(jane, john))
      expect(persons(await waitForHits(has(jane)))).toEqual(own(jane))
    })

    test('a page that is left while the pixel is new mixes no persons', async () => {
      const page = await openLive(0)
      await trackEach(page, jane, john)
      await page.evaluate('passed += 60')
      await page.goto(`${shop}next`)
      expect(persons(await waitForHits(has(jane)))).toEqual(own(jane))
    })

    test('a late pixel sends each hit with its own person', async () => {
      stage.network.tiktok.faults.main.after = 300
      const calls = [jane, john].map(
        (email) => `converge.track('Searched', { $email: '${email}' }, { eventID: '${email}' })`,
      )
      await visit(stage, pageOf('script tag', config, calls.join(';')))
      expect(persons(await waitForHits(has(john), 8000))).toEqual(own(jane, john))
    })
  },
  ['chromium'],
)
