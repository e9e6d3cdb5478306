// What the forwarder knows of a visitor, and which events get it, from a request to TikTok.
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import type { ForwarderConfig } from '../../src/server/forwarder-config.ts'
import type { OutboxEvent } from '../../src/server/outbox.ts'
import { keyOf } from '../../src/store/profile.ts'
import type { MergeOptions, Store } from '../../src/store/store.ts'
import { logOf, partOf } from './log-contract.ts'
import { purchase } from './outbox-kit.ts'
import {
  address,
  anna,
  cart,
  day,
  orderOf,
  type ProfileDatabase,
  renewal,
  startProfiles,
  userAgent,
} from './profile-kit.ts'
import { listOf } from './store-contract.ts'

const email = 'jane@example.com'
const jane = sha256(email)
const context = { ttclid: 'E.C.P.anna', ttp: 'ttp-anna', ip: address, user_agent: userAgent }
const browserKeys = ['ttclid', 'ttp', 'ip', 'user_agent'] as const
const keysIn = (user: object | undefined) => browserKeys.filter((key) => user && Object.hasOwn(user, key))
const forget = { emails: [jane], phones: [], customerIds: [], orderIds: [] }

/** Tests of the profiles of a store. `create` returns a new and empty database. */
export function testProfiles(name: string, create: () => ProfileDatabase): void {
  const start = (config?: Partial<ForwarderConfig>) => startProfiles(create(), config)

  describe(name, () => {
    test('an order of the shop’s server gets the context of the page with the same cart token', async () => {
      const server = await start()
      await server.postPage(anna)
      await server.postShop(orderOf('1001', { $email: email }, [cart]))
      const [event] = await server.sent('1001')
      expect(event?.user).toMatchObject({ email: jane, ...context, external_id: anna.visitor })
    })

    test('a renewal three weeks later gets the click ID, and not the old IP address and user agent', async () => {
      const server = await start()
      await server.postPage(anna)
      await server.postShop(orderOf('1001', { $email: email }, [cart]))
      await server.sent('1001')
      server.pass(21 * day)
      await server.postShop(orderOf('1002', { $email: email }, [], renewal))
      const [event] = await server.sent('1002')
      expect(event?.user).toMatchObject({ email: jane, ttclid: context.ttclid, ttp: context.ttp })
      expect(keysIn(event?.user)).toEqual(['ttclid', 'ttp'])
    })

    test('an event with another email on the same device gets no data of the first person', async () => {
      const server = await start()
      await server.postPage(anna)
      await server.postShop(orderOf('1001', { $email: email }, [cart]))
      await server.sent('1001')
      await server.postShop(orderOf('1002', { $email: 'mary@example.com' }, [cart]))
      await server.postShop(orderOf('1003', { $email: 'mary@example.com', visitor: anna.visitor }, []))
      for (const id of ['1002', '1003']) {
        const [event] = await server.sent(id)
        expect(event?.user.email).toBe(sha256('mary@example.com'))
        expect(keysIn(event?.user)).toEqual([])
      }
    })

    test('after a person is erased, no event gets their data, and the database has none of their hashes', async () => {
      const database = create()
      const server = await startProfiles(database)
      await server.postPage({
        ...anna,
        user: { email: jane, phone: sha256('+19171234567'), first_name: sha256('jane') },
      })
      await server.postShop(orderOf('1001', { $email: email, $customer_id: 7 }, [cart]))
      await server.sent('1001')
      expect(await server.store.erase(forget)).toMatchObject({ profiles: 1, logLines: 2 })
      const hashes = [jane, anna.visitor, sha256(cart), sha256('7'), sha256('+19171234567'), sha256('jane')]
      expect(await database.find(hashes)).toEqual([])
      await server.postShop(orderOf('1002', { $email: email }, [cart], renewal))
      const [event] = await server.sent('1002')
      expect(keysIn(event?.user)).toEqual([])
    })

    describe('what a profile fills', () => {
      test('an event’s own values are never replaced', async () => {
        const server = await start()
        await server.postPage(anna)
        const own = { $email: email, ttclid: 'E.C.P.own', ttp: 'own', $ip: '198.51.100.1', $user_agent: 'Own/1.0' }
        await server.postShop(orderOf('1001', own, [cart]))
        const [event] = await server.sent('1001')
        expect(event?.user).toMatchObject({
          ...{ ttclid: 'E.C.P.own', ttp: 'own', ip: '198.51.100.1', user_agent: 'Own/1.0' },
        })
      })

      test('a page’s event gets the values of pages with its visitor ID, and name and address only together', async () => {
        const server = await start()
        const person = { email: jane, first_name: sha256('jane'), city: 'berlin', country: 'de' }
        await server.postPage({ ...anna, user: person })
        await server.postPage({ visitor: anna.visitor, eventID: 'lacks all' })
        await server.postPage({ visitor: anna.visitor, eventID: 'has a country', user: { country: 'at' } })
        const [all] = await server.sent('lacks all')
        expect(all?.user).toMatchObject({ ...person, ...context, external_id: anna.visitor })
        const [some] = await server.sent('has a country')
        expect(some?.user).toMatchObject({ email: jane, country: 'at' })
        expect(some?.user).not.toHaveProperty('city')
      })

      test('a page’s claim of an email fills no event of another source', async () => {
        const server = await start()
        await server.postPage({ ...anna, user: { email: jane } })
        await server.postShop(orderOf('1001', { $email: email }, [], renewal))
        await server.postShop(orderOf('1002', {}, [cart]))
        const [byEmail] = await server.sent('1001')
        expect(keysIn(byEmail?.user)).toEqual([])
        const [byCart] = await server.sent('1002')
        expect(byCart?.user).toMatchObject(context)
        expect(byCart?.user).not.toHaveProperty('email')
      })

      test('a forged page event never changes the events of a person', async () => {
        const server = await start()
        await server.postShop(
          orderOf('1001', { $email: email, $phone_number: '+19171234567', $customer_id: 7 }, [], renewal),
        )
        const stranger = sha256('stranger')
        const aliases = [sha256('urn:email:jane@example.com'), jane, sha256('7')]
        await server.postPage({ visitor: stranger, aliases, ttclid: 'forged', eventID: 'forged' })
        await server.postShop(orderOf('1002', { $email: email }, [], renewal))
        const [forged] = await server.sent('forged')
        expect(Object.keys(forged?.user ?? {}).sort()).toEqual(['external_id', 'ip', 'ttclid', 'user_agent'])
        const [event] = await server.sent('1002')
        expect(keysIn(event?.user)).toEqual([])
      })

      test('two merged copies of an order connect the visitor with the person', async () => {
        const server = await start()
        const send = [{ event: 'Purchase', parameters: { value: 94.8, currency: 'EUR' } }]
        await server.postPage({ ...anna, aliases: [], eventName: 'Placed Order', eventID: '1001', send })
        await server.postShop(orderOf('1001', { $email: email, $customer_id: 7 }))
        const [merged] = await server.sent('1001')
        expect(merged?.user.external_id).toEqual([sha256('7'), anna.visitor])
        await server.postShop(orderOf('1002', { $email: email }, [], renewal))
        const [event] = await server.sent('1002')
        expect(event?.user).toMatchObject({ ttclid: context.ttclid, external_id: [sha256('7'), anna.visitor] })
      })

      test('after a log-out, a shared cart token does not bring back the email of the former person', async () => {
        const server = await start()
        await server.postPage(anna)
        await server.postShop(orderOf('1001', { $email: email }, [cart]))
        await server.sent('1001')
        const next = sha256('the visitor after the log-out')
        await server.postPage({ visitor: next, aliases: [sha256(cart)], eventID: 'page after' })
        await server.postShop(orderOf('1002', { visitor: next }, [cart]))
        const [page] = await server.sent('page after')
        expect(page?.user).not.toHaveProperty('email')
        const [order] = await server.sent('1002')
        expect(order?.user).not.toHaveProperty('email')
      })

      test('a shared cart token fills click ID and browser, and not the identity of the person', async () => {
        const server = await start()
        await server.postPage(anna)
        await server.postShop(orderOf('1001', { $email: email }, [cart]))
        await server.sent('1001')
        await server.postShop(orderOf('1002', {}, [cart]))
        const [event] = await server.sent('1002')
        expect(event?.user).toMatchObject(context)
        expect(event?.user).not.toHaveProperty('email')
      })

      test('a cart token of more than three visitors leads to no profile, and is counted', async () => {
        const server = await start()
        for (const name of ['a', 'b', 'c', 'd'])
          await server.postPage({ visitor: sha256(name), aliases: [sha256(cart)], ttclid: `E.C.P.${name}` })
        await server.postShop(orderOf('1001', { $email: email }, [cart]))
        const [event] = await server.sent('1001')
        expect(keysIn(event?.user)).toEqual([])
        expect(await server.health()).toMatchObject({ profiles: { shared_keys: 1 } })
      })

      test.each(['undefined', 'null', '', ' ', '0'])(
        'an alias with the value "%s" leads to no profile',
        async (value) => {
          const server = await start()
          await server.postPage({ ...anna, aliases: [sha256(`urn:cart_token:${value}`)] })
          await server.postShop(orderOf('1001', { $email: email }, [`urn:cart_token:${value}`]))
          const [event] = await server.sent('1001')
          expect(keysIn(event?.user)).toEqual([])
        },
      )

      test('limited data use of the visitor applies to filled events', async () => {
        const server = await start()
        await server.postPage({ ...anna, gpc: true })
        await server.postShop(orderOf('1001', { $email: email }, [cart]))
        const [event] = await server.sent('1001')
        expect(event).toMatchObject({ limited_data_use: true, user: { ttclid: context.ttclid } })
      })

      test('with profiles: false nothing is filled, and existing profiles are deleted', async () => {
        const server = await start({ profiles: false })
        await server.postPage(anna)
        await server.postShop(orderOf('1001', { $email: email }, [cart]))
        const [event] = await server.sent('1001')
        expect(keysIn(event?.user)).toEqual([])
        expect(await server.health()).toMatchObject({ profiles: { profiles: 0 } })
      })
    })

    describe('in the store', () => {
      const options: MergeOptions = { mergeOrders: 60, consent: 'implied', profiles: { days: 30, max: 100 } }
      const fromPage = (id: string, name: string, more: Partial<OutboxEvent> = {}): OutboxEvent => {
        const event = purchase(id, { order: false, source: 'page', visitor: sha256(name), ...more })
        return { ...event, data: { ...event.data, user: { ttclid: `click of ${name}` } } }
      }
      const deny = (store: Store, name: string) =>
        store.add([], options, { denials: [{ keys: [keyOf('visitor', sha256(name))], time: Date.now() }] })

      test('a denial reaches events that wait while TikTok is down, and those that were set aside', async () => {
        const store = create().open(Date.now)
        const consent = { marketing: 'granted' as const, decided: 0 }
        const events = ['waits', 'dead'].map((id) => fromPage(id, 'denies', { consent }))
        await store.add([...events, fromPage('waits too', 'another', { consent })], options, { log: partOf(3) })
        store.start(async (batch) => batch.map(({ data }) => (data.event_id === 'dead' ? 'dead' : 'retry')), options)
        await expect.poll(() => store.stats()).toMatchObject({ waiting: 2, profiles: { profiles: 2, denials: 0 } })
        await deny(store, 'denies')
        await expect
          .poll(() => store.stats())
          .toMatchObject({ waiting: 1, dead: {}, no_consent: 1, profiles: { profiles: 1, denials: 1 } })
        await expect.poll(() => listOf(store.deadLetters())).toEqual([])
        const lines = await logOf(store).find(['waits', 'dead'])
        expect(lines.map(({ status }) => status)).toEqual(['no_consent', 'no_consent'])
      })

      test('two processes that learn of the same visitors at once keep one profile of each', async () => {
        const database = create()
        const stores = [database.open(Date.now), database.open(Date.now)]
        const names = Array.from({ length: 20 }, (_, index) => `visitor ${index}`)
        await Promise.all(
          stores.flatMap((store, nth) =>
            names.map((name) =>
              store.add([fromPage(`${nth} ${name}`, name, { aliases: [sha256(`${nth} ${name}`)] })], options),
            ),
          ),
        )
        expect(await stores[0]?.stats()).toMatchObject({ waiting: 40, profiles: { profiles: 20, shared_keys: 0 } })
        const sent: OutboxEvent[] = []
        const orders = names.flatMap((name) =>
          [0, 1].map((nth) =>
            purchase(`order ${nth} ${name}`, { order: false, source: 'signed', aliases: [sha256(`${nth} ${name}`)] }),
          ),
        )
        await stores[1]?.add(orders, options)
        stores[0]?.start(async (events) => {
          sent.push(...events)
          return events.map(() => 'done')
        }, options)
        await expect.poll(() => sent.length).toBe(80)
        const wrong = sent.filter(
          ({ data }) => !data.event_id.endsWith(String(data.user.ttclid).slice('click of '.length)),
        )
        expect(wrong).toEqual([])
      })

      test('the oldest profiles give way if there are too many, and those without a person first', async () => {
        const store = create().open(Date.now)
        const few = { ...options, profiles: { days: 30, max: 2 } }
        const person = purchase('signed', { order: false, source: 'signed' })
        await store.add([{ ...person, data: { ...person.data, user: { email: jane } } }], few)
        await store.add(
          ['a', 'b', 'c'].map((name) => fromPage(name, name)),
          few,
        )
        expect(await store.stats()).toMatchObject({ profiles: { profiles: 4 } })
        store.start(async (events) => events.map(() => 'done'), few)
        await expect.poll(() => store.stats()).toMatchObject({ profiles: { profiles: 2 } })
        expect(await store.erase(forget)).toMatchObject({ profiles: 1 })
      })
    })

    describe('in the event log', () => {
      test.each([
        ['is sent at once', renewal],
        ['has waited for its other copy', 'Placed Order'],
      ])('an event that %s has the match keys that a profile filled', async (_, name) => {
        const server = await start()
        await server.postPage(anna)
        await server.postShop(orderOf('1001', { $email: email }, [cart], name))
        expect(await server.sent('1001')).toHaveLength(1)
        const [line] = await logOf(server.store).find(['1001'])
        expect(line).toMatchObject({ status: 'success', matchKeys: expect.arrayContaining(['email', ...browserKeys]) })
      })

      test('events of a visitor who has denied consent are no_consent, those that wait and those that arrive', async () => {
        const server = await start({ consent: 'implied' })
        await server.postPage(anna)
        await server.postShop(orderOf('1001', { $email: email }, [cart]))
        await server.postDenial(anna.visitor)
        const send = [{ event: 'Purchase', parameters: { value: 94.8, currency: 'EUR' } }]
        await server.postPage({ ...anna, eventName: 'Placed Order', eventID: '1002', send }, 60_000)
        await server.postPage({ ...anna, eventID: 'kept by the page' }, 60_000)
        expect(await server.sent('1001')).toEqual([])
        const denied = { status: 'no_consent', reason: 'the visitor denied consent, or did not grant it' }
        const lines = await logOf(server.store).find(['1001', '1002', 'kept by the page'])
        expect(lines).toMatchObject([denied, denied, denied])
      })
    })

    describe('consent', () => {
      const decided = (marketing: 'granted' | 'denied') => ({ $email: email, $consent: marketing })

      test.each(['require', 'implied'] as const)(
        'with %s, a page’s denial erases the profile and the unsent events, and denies what was decided before',
        async (consent) => {
          const server = await start({ consent })
          await server.postPage(anna)
          await server.postShop(orderOf('1001', { $email: email }, [cart]))
          expect(await server.postDenial(anna.visitor)).toMatchObject({ accepted: 0 })
          await server.postPage({ ...anna, eventID: 'kept by the page' }, 60_000)
          expect(await server.sent('1001')).toEqual([])
          expect(await server.sent('kept by the page')).toEqual([])
          expect(await server.health()).toMatchObject({ profiles: { profiles: 0 } })
        },
      )

      test('a grant after the denial counts again', async () => {
        const server = await start({ consent: 'require' })
        await server.postPage(anna)
        await server.postDenial(anna.visitor)
        server.pass(1000)
        await server.postPage({ ...anna, eventID: 'granted again' })
        expect(await server.sent('granted again')).toHaveLength(1)
      })

      test('with always, a denial erases the profile, and events are sent without it', async () => {
        const server = await start({ consent: 'always' })
        await server.postPage(anna)
        await server.postDenial(anna.visitor)
        await server.postShop(orderOf('1001', { $email: email }, [cart]))
        const [event] = await server.sent('1001')
        expect(event?.user).toMatchObject({ email: jane })
        expect(keysIn(event?.user)).toEqual([])
      })

      test('with always_server, an order without a grant neither reads nor writes a profile', async () => {
        const server = await start({ consent: 'always_server' })
        await server.postPage(anna)
        await server.postShop(orderOf('1001', { $email: email }, [cart]))
        const [event] = await server.sent('1001')
        expect(keysIn(event?.user)).toEqual([])
        expect(await server.health()).toMatchObject({ profiles: { profiles: 1 } })
      })

      test('a page cannot deny for an email or a cart, and a signed source can', async () => {
        const server = await start({ consent: 'implied' })
        await server.postPage(anna)
        await server.postDenial(jane)
        await server.postDenial(sha256(cart))
        await server.postShop(orderOf('1001', { $email: email }, [cart]))
        const [event] = await server.sent('1001')
        expect(keysIn(event?.user)).toEqual([...browserKeys])
        expect(await server.postShop(orderOf('1002', decided('denied')))).toMatchObject({ statuses: { no_consent: 1 } })
        await server.postShop(orderOf('1003', { $email: email }, [], renewal))
        expect(await server.sent('1003')).toEqual([])
      })

      test('after a person is erased, their denial is forgotten too', async () => {
        const database = create()
        const server = await startProfiles(database, { consent: 'implied' })
        await server.postShop(orderOf('1001', decided('denied')))
        expect(await database.find([jane])).toEqual([jane])
        await server.store.erase(forget)
        expect(await database.find([jane])).toEqual([])
        expect(await server.health()).toMatchObject({ profiles: { denials: 0 } })
      })

      describe('with require, an order of the shop’s server without a decision', () => {
        const order = orderOf('1001', { $email: email }, [cart])

        test('is sent if its visitor has granted, and answered no_consent until then', async () => {
          const server = await start({ consent: 'require' })
          expect(await server.postShop(order)).toMatchObject({
            statuses: { no_consent: 1 },
            problems: [{ message: expect.stringMatching(/^undecided: /) }],
          })
          await server.postPage(anna)
          const [event] = await server.sent('1001')
          expect(event?.user).toMatchObject({ email: jane, ...context })
        })

        test('is sent with the decision of its other copy', async () => {
          const server = await start({ consent: 'require' })
          await server.postShop(order)
          const send = [{ event: 'Purchase', parameters: { value: 94.8, currency: 'EUR' } }]
          await server.postPage({ ...anna, aliases: [], eventName: 'Placed Order', eventID: '1001', send })
          expect(await server.sent('1001')).toHaveLength(1)
        })

        test('is erased and counted as no_consent if no decision is known', async () => {
          const server = await start({ consent: 'require' })
          await server.postShop(order)
          expect(await server.sent('1001')).toEqual([])
          await expect.poll(server.health).toMatchObject({ waiting: 0, no_consent: 1 })
          if (server.store.log) expect(await server.store.log.find(['1001'])).toMatchObject([{ status: 'no_consent' }])
        })

        test('is sent by a later copy that has one', async () => {
          const server = await start({ consent: 'require' })
          await server.postShop(order)
          expect(await server.sent('1001')).toEqual([])
          await server.postShop(orderOf('1001', decided('granted'), [cart]))
          expect(await server.sent('1001')).toHaveLength(1)
        })
      })
    })
  })
}
