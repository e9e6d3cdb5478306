import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import type { Hit } from '../tiktok/pixel-host.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import {
  atRest,
  has,
  heldTimers,
  pageOf,
  relay,
  serveRelay,
  serveShop,
  set,
  shop,
  stateOf,
  told,
  track,
  visit,
  ways,
} from './shop.ts'

const config: Config = { pixelId, load: 'immediate', relay }
const { relay: _, ...withoutRelay } = config
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const jane = {
  $email: ' Jane@Example.com ',
  $phone_number: '+1 (917) 123-4567',
  $first_name: 'Jane',
  $last_name: 'Doe',
  $zip_code: '10001',
  $customer_id: 42,
}
const janeHashed = {
  email: sha256('jane@example.com'),
  phone: sha256('+19171234567'),
  external_id: sha256('42'),
  first_name: sha256('jane'),
  last_name: sha256('doe'),
  zip_code: sha256('10001'),
}
const john = { $email: 'john@example.com' }

const enriched = (hits: Hit[]) => hits.filter(({ event }) => event === 'EnrichAM')
const userOf = (hits: Hit[], id: string) => hits.find(({ event_id }) => event_id === id)?.context.user

inEachBrowser(
  (stage) => {
    const tiktok = () => stage.network.tiktok

    test("the pixel's hits and the relay's post carry the same hashes, and no plain text", async () => {
      const host = serveRelay(stage)
      const calls = `converge.track('Placed Order', ${JSON.stringify({ id: '1001', total_price: 20, currency: 'EUR', ...jane })})`
      await visit(stage, pageOf('script tag', config, calls))
      const hits = await tiktok().waitForHits(has('1001'))
      const [event] = await host.waitForTaken(1)
      expect(event?.user).toEqual(janeHashed)
      const { email, phone, external_id } = janeHashed
      expect(userOf(hits, '1001')).toEqual({ email, phone_number: phone, external_id })
      const posted = stage.network.log.map(({ path, body }) => path + body).join()
      expect(posted).toMatch(email)
      expect(posted).not.toMatch(/jane|123-?4567|doe|"10001"/i)
    })

    test('ten events of one person call identify once, and all of them carry the person', async () => {
      const page = await visit(stage, pageOf('script tag', withoutRelay))
      await stateOf(page, { pixel: 'live' })
      await set(page, { profileProperties: jane })
      for (let number = 1; number <= 9; number++) {
        if (number % 3 === 0) await set(page, { profileProperties: jane })
        await track(page, 'Searched', jane, {
          eventID: `${number}`,
          profileProperties: jane,
          aliases: ['urn:email:jane@example.com'],
        })
      }
      await track(page, 'Placed Order', { id: '10', ...jane })
      const hits = await tiktok().waitForHits(has('10'))
      expect(told(hits)).toHaveLength(10)
      expect(enriched(hits)).toHaveLength(1)
      const { email, phone, external_id } = janeHashed
      for (const { context } of hits) expect(context.user).toEqual({ email, phone_number: phone, external_id })
    })

    const keptIn = (page: Page) => page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie)

    describe.each(ways)('through %s', (way) => {
      test.each([
        ['before the pixel is live', false],
        ['once it is', true],
      ])('two persons in one task do not mix, %s: each hit carries its own email', async (_, isLive) => {
        const host = serveRelay(stage)
        const page = await visit(stage, heldTimers + pageOf(way, config))
        if (isLive) await stateOf(page, { pixel: 'live' })
        else await stateOf(page, { pixel: 'waiting' })
        await page.evaluate(
          (first, second) => {
            const converge = window.shopConverge ?? window.converge
            converge?.track?.('Searched', {}, { eventID: 'jane', profileProperties: first })
            converge?.track?.('Searched', {}, { eventID: 'john', profileProperties: second })
            converge?.track?.('Searched', {}, { eventID: 'john too' })
          },
          { $email: jane.$email },
          john,
        )
        await tiktok().waitForHits(has('jane'))
        await expect.poll(() => page.evaluate('timePasses() ?? later.length')).toBe(0)
        const hits = await tiktok().waitForHits(has('john too'))
        expect(told(hits)).toEqual(['Search jane', 'Search john', 'Search john too'])
        const emails = ['jane', 'john', 'john too'].map((id) => userOf(hits, id)?.email)
        const own = [janeHashed.email, sha256(john.$email), sha256(john.$email)]
        expect(emails).toEqual(own)
        const taken = await host.waitForTaken(3)
        expect(taken.map(({ user }) => user.email)).toEqual(own)
        // Without a customer each has a visitor id, and not the same one.
        expect(taken.map(({ visitor }) => visitor)).toEqual(
          ['jane', 'john', 'john too'].map((id) => userOf(hits, id)?.external_id),
        )
        expect(new Set(taken.map(({ visitor }) => visitor)).size).toBe(2)
      })
    })

    test("two persons do not mix if TikTok's identify chunk is slow", async () => {
      let come = () => {}
      tiktok().faults.identify.after = new Promise<void>((resolve) => {
        come = resolve
      })
      const page = await visit(stage, heldTimers + pageOf('script tag', withoutRelay))
      await stateOf(page, { pixel: 'live' })
      await page.evaluate(
        (first, second) => {
          window.converge?.track?.('Searched', {}, { eventID: 'jane', profileProperties: first })
          window.converge?.track?.('Searched', {}, { eventID: 'john', profileProperties: second })
        },
        { $email: jane.$email },
        john,
      )
      await atRest(page)
      come()
      await tiktok().waitForHits(has('jane'))
      await page.evaluate('timePasses()')
      const hits = await tiktok().waitForHits(has('john'))
      expect(['jane', 'john'].map((id) => userOf(hits, id)?.email)).toEqual([janeHashed.email, sha256(john.$email)])
    })

    test('the next page knows the visitor, from hashes only, and calls identify once', async () => {
      const host = serveRelay(stage)
      serveShop(stage, { '/': pageOf('script tag', config), '/two': pageOf('script tag', config) })
      const page = await stage.open(shop)
      await set(page, { profileProperties: jane })
      await track(page, 'Searched', {}, { eventID: 'one' })
      await tiktok().waitForHits(has('one'))
      const kept = await keptIn(page)
      expect(kept).toMatch(janeHashed.email)
      expect(kept).not.toMatch(/jane|123-?4567|doe|"10001"/i)

      await page.goto(`${shop}two`)
      await track(page, 'Searched', {}, { eventID: 'two' })
      await track(page, 'Searched', {}, { eventID: 'three' })
      const hits = await tiktok().waitForHits(has('three'))
      const { email, phone, external_id } = janeHashed
      for (const id of ['two', 'three']) expect(userOf(hits, id)).toEqual({ email, phone_number: phone, external_id })
      expect(enriched(hits)).toHaveLength(2) // a page each
      const taken = await host.takenOf('one', 'two', 'three')
      expect(taken.map(({ user }) => user)).toEqual([janeHashed, janeHashed, janeHashed])
    })

    test('a visitor is forgotten after 30 days', async () => {
      serveShop(stage, { '/': pageOf('script tag', withoutRelay) })
      const page = await stage.open(shop)
      await track(page, 'Searched', {}, { eventID: 'one', profileProperties: jane })
      await tiktok().waitForHits(has('one'))
      await page.evaluate(() => {
        for (const [key, text] of Object.entries({ ...localStorage })) {
          const until = /"until":(\d+)/.exec(text)?.[1]
          if (until) localStorage.setItem(key, text.replace(until, String(Number(until) - 2_592_000_000)))
        }
      })
      await page.reload()
      await track(page, 'Searched', {}, { eventID: 'two' })
      const hits = await tiktok().waitForHits(has('two'))
      expect(userOf(hits, 'two')?.email).toBeUndefined()
    })

    test('another email drops all data of the former person, on the next page too', async () => {
      const host = serveRelay(stage)
      serveShop(stage, { '/': pageOf('script tag', config) })
      const page = await stage.open(shop)
      await track(page, 'Searched', {}, { eventID: 'jane', profileProperties: jane })
      await host.waitForTaken(1)
      await page.reload()
      await track(page, 'Searched', {}, { eventID: 'john', profileProperties: john })
      const [first, event] = await host.takenOf('jane', 'john')
      expect(event?.user).toEqual({ email: sha256(john.$email) })
      expect(event?.visitor).toMatch(/^[\da-f]{64}$/)
      expect(event?.visitor).not.toBe(first?.visitor)
      const hits = await tiktok().waitForHits(has('john'))
      expect(userOf(hits, 'john')).toEqual({ email: event?.user.email, external_id: event?.visitor })
    })

    test('an unnamed visitor keeps one hashed ID across pages and tabs, in both copies', async () => {
      const host = serveRelay(stage)
      serveShop(stage, { '/': pageOf('script tag', config) })
      const page = await stage.open(shop)
      for (const id of ['one', 'two']) {
        await track(page, 'Searched', {}, { eventID: id })
        await tiktok().waitForHits(has(id))
        await page.reload()
      }
      const tab = await stage.newPage({ shared: page })
      await tab.goto(shop)
      await track(tab, 'Searched', {}, { eventID: 'three' })
      const ids = (await host.takenOf('one', 'two', 'three')).map(({ visitor }) => visitor)
      expect(ids[0]).toMatch(/^[\da-f]{64}$/)
      expect(new Set(ids).size).toBe(1)
      const hits = await tiktok().waitForHits(has('three'))
      expect(['one', 'two', 'three'].map((id) => userOf(hits, id))).toEqual(ids.map((external_id) => ({ external_id })))
      expect(enriched(hits)).toEqual([])
      const context = await tab.evaluate(() => window.converge?.context?.())
      expect(context).toMatchObject({ visitor: ids[0] })
      expect(context).not.toHaveProperty('external_id')
    })

    test('profileProperties: null forgets the visitor', async () => {
      const host = serveRelay(stage)
      serveShop(stage, { '/': pageOf('script tag', config) })
      const page = await stage.open(shop)
      await track(page, 'Searched', {}, { eventID: 'jane', profileProperties: jane })
      await tiktok().waitForHits(has('jane'))
      await set(page, { profileProperties: null })
      await track(page, 'Searched', {}, { eventID: 'nobody' })
      const [first, event] = await host.takenOf('jane', 'nobody')
      expect(event?.user).toEqual({})
      expect(event?.visitor).toMatch(/^[\da-f]{64}$/)
      expect(event?.visitor).not.toBe(first?.visitor)
      await page.reload()
      await track(page, 'Searched', {}, { eventID: 'next page' })
      expect(await host.takenOf('next page')).toMatchObject([{ user: {}, visitor: event?.visitor }])
      expect(await keptIn(page)).not.toMatch(janeHashed.email)
    })

    test('an email is read from an alias too, and junk is ignored', async () => {
      const page = await visit(stage, pageOf('script tag', withoutRelay))
      await track(
        page,
        'Searched',
        { $email: 'undefined' },
        { eventID: 'junk', aliases: ['urn:email:undefined'], profileProperties: { $phone_number: null } },
      )
      await track(
        page,
        'Searched',
        {},
        { eventID: 'alias', aliases: ['urn:cart_token:1', 'urn:email:Jane@Example.com'] },
      )
      const hits = await tiktok().waitForHits(has('alias'))
      expect(userOf(hits, 'alias')?.email).toBe(janeHashed.email)
      expect(enriched(hits)).toHaveLength(1)
    })
  },
  ['chromium'],
)
