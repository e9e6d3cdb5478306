// The rules on who may fill which event, sentence by sentence, from a request to TikTok.
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import type { OpenLawDatabase } from './law-database.ts'
import { anna, cart, day, hour, orderOf, renewal, userAgent } from './profile-kit.ts'
import { type StartShop, startShop } from './profile-shop.ts'

const jane = 'jane@example.com'
const mary = 'mary@example.com'
const phone = '+19171234567'
const click = { ttclid: 'E.C.P.anna', ttp: 'ttp-anna' }
const ofAnna = ['E.C.P.anna', 'ttp-anna', userAgent]

/** Which of Anna's click ID, cookie and user agent an event has. */
const known = (user: object | undefined) => ofAnna.filter((value) => Object.values(user ?? {}).includes(value))

/** Tests of the rules of profiles. `create` returns a new and empty database. */
export function testProfileRules(name: string, create: () => OpenLawDatabase): void {
  const start: StartShop = (config) => startShop(create(), config)

  describe(name, () => {
    testIds(start)
    testKeys(start)
    testSources(start)
    testPersons(start)
    testNextPerson(start)
    testOldAddress(start)
    testAges(start)
  })
}

function testIds(start: StartShop): void {
  describe('the visitor ID', () => {
    test('leads later events of the page to the customer ID that the page named beside it', async () => {
      const server = start()
      const customer = sha256('7')
      await server.postPage({ ...anna, eventID: 'names both', user: { external_id: customer } })
      await server.postPage({ visitor: anna.visitor, eventID: 'later', user: { external_id: anna.visitor } })
      expect(await server.sent('names both')).toMatchObject([{ user: { external_id: customer } }])
      expect(await server.sent('later')).toMatchObject([{ user: { external_id: [anna.visitor, customer] } }])
    })

    test('in the external_id of an older page is no key of a person', async () => {
      const server = start()
      await server.postPage({ ...click, aliases: [sha256(cart)], user: { external_id: sha256('7') } })
      expect(known(await server.renew('1001', { $customer_id: 7 }))).toEqual([])
      expect(known(await server.renew('1002', { $email: jane }, [cart]))).toEqual([])
    })

    test('in the external_id of an order, as an older page puts it into a cart, is a visitor ID and no customer ID', async () => {
      const server = start()
      await server.postPage(anna)
      expect(known(await server.renew('1001', { $email: jane, external_id: anna.visitor }))).toEqual(ofAnna)
      expect(known(await server.renew('1002', { $customer_id: anna.visitor }))).toEqual([])
      expect(known(await server.renew('1003', { $email: mary, external_id: anna.visitor }))).toEqual([])
    })
  })
}

function testKeys(start: StartShop): void {
  describe('an alias', () => {
    test.each(['urn:cart_token:abc', 'urn:Cart_Token:abc'])('"%s" is the page’s urn:cart_token:abc', async (alias) => {
      const server = start()
      await server.postPage(anna)
      expect(known(await server.renew('1001', {}, [alias]))).toEqual(ofAnna)
    })

    test.each(['urn:cart_token:ABC', 'urn:checkout_token:abc', 'cart_token:abc', 'abc'])(
      '"%s" is another one',
      async (alias) => {
        const server = start()
        await server.postPage(anna)
        expect(known(await server.renew('1001', {}, [alias]))).toEqual([])
      },
    )

    test.each(['undefined', 'null', '', ' ', '0'])('with the value "%s" does not count', async (value) => {
      const server = start()
      const urn = `urn:cart_token:${value}`
      await server.postPage({ ...anna, aliases: [sha256(urn), sha256('urn:cart_token:')] })
      expect(known(await server.renew('1001', {}, [urn]))).toEqual([])
    })

    test.each([
      ['email', sha256(jane), { $email: jane }],
      ['phone number', sha256(phone), { $phone_number: phone }],
      ['customer ID', sha256('7'), { $customer_id: 7 }],
    ])('that a page makes of a person’s %s is no key of the person', async (_, hash, person) => {
      const server = start()
      await server.postPage({ ...anna, aliases: [hash, anna.visitor] })
      expect(known(await server.renew('1001', person))).toEqual([])
    })

    test('after ten others of an order does not count', async () => {
      const server = start()
      await server.postPage(anna)
      const others = Array.from({ length: 10 }, (_, index) => `urn:session:s${index}`)
      expect(known(await server.renew('1001', {}, [...others.slice(1), cart]))).toEqual(ofAnna)
      expect(known(await server.renew('1002', {}, [...others, cart]))).toEqual([])
    })

    test('after 20 others of a visitor does not count', async () => {
      const server = start()
      for (const start of [0, 10, 20])
        await server.postPage({
          ...anna,
          aliases: [0, 1, 2, 3].map((index) => sha256(`urn:cart_token:c${start + index}`)),
        })
      for (const index of [4, 5, 6, 7, 8, 9, 14, 15])
        await server.postPage({ ...anna, aliases: [sha256(`urn:cart_token:c${index}`)] })
      await server.postPage({ ...anna, aliases: [sha256('urn:cart_token:last')] })
      expect(known(await server.renew('1001', {}, ['urn:cart_token:c15']))).toEqual(ofAnna)
      expect(known(await server.renew('1002', {}, ['urn:cart_token:last']))).toEqual([])
    })

    test('that only a source named with the visitor ID leads to the visitor', async () => {
      const server = start()
      await server.postPage({ ...anna, aliases: [] })
      await server.renew('1001', { visitor: anna.visitor }, [cart])
      expect(known(await server.renew('1002', {}, [cart]))).toEqual(ofAnna)
    })

    test('does not count if a page posts more than ten', async () => {
      const server = start()
      const others = Array.from({ length: 10 }, (_, index) => sha256(`urn:session:s${index}`))
      await server.postPage({ ...anna, aliases: [...others, sha256(cart)] })
      expect(known(await server.renew('1001', {}, [cart]))).toEqual([])
    })

    test.each([
      ['urn:email:jane@example.com', { $email: jane }],
      ['urn:phone:+19171234567', { $phone_number: phone }],
      ['urn:customer_id:7', { $customer_id: 7 }],
    ])('%s is a match key, and finds what a source said of the person', async (alias, person) => {
      const server = start()
      await server.postPage(anna)
      await server.renew('1001', { ...person, visitor: anna.visitor })
      expect(known(await server.renew('1002', {}, [alias]))).toEqual(ofAnna)
    })

    test('of three visitors leads to the newest, and of a fourth one to nobody, even after their profiles are erased', async () => {
      const server = start()
      const visitors = ['a', 'b', 'c'].map((name) => ({ visitor: sha256(name), aliases: [sha256(cart)] }))
      for (const visitor of visitors) await server.postPage({ ...visitor, ttclid: 'E.C.P.other' })
      server.pass(1000)
      await server.postPage({ visitor: sha256('c'), ...click })
      expect(known(await server.renew('1001', {}, [cart]))).toEqual(ofAnna)
      await server.postPage({ ...anna, visitor: sha256('d') })
      expect(await server.profiles()).toMatchObject({ shared_keys: 1 })
      for (const { visitor } of visitors) await server.postDenial(visitor)
      await server.postPage({ ...anna, visitor: sha256('d') })
      expect(known(await server.renew('1002', {}, [cart]))).toEqual([])
      expect(await server.profiles()).toMatchObject({ shared_keys: 1 })
    })
  })

  test('a phone number of two persons leads to neither', async () => {
    const server = start()
    for (const name of ['a', 'b']) {
      await server.postPage({ visitor: sha256(name), ...click })
      await server.renew(name, { $email: `${name}@example.com`, $phone_number: phone, visitor: sha256(name) })
    }
    expect(known(await server.renew('1001', { $phone_number: phone }))).toEqual([])
    expect(known(await server.renew('1002', { $phone_number: phone, $email: 'b@example.com' }))).toEqual(ofAnna)
  })

  test('a phone number that a source sent with four emails belongs to nobody, and is counted', async () => {
    const server = start()
    for (const [index, letter] of ['a', 'b', 'c', 'd'].entries()) {
      expect(await server.profiles()).toMatchObject({ shared_keys: 0 })
      await server.renew(String(index), { $email: `${letter}@example.com`, $phone_number: phone })
    }
    expect(await server.profiles()).toMatchObject({ shared_keys: 1 })
  })

  test.each([
    [3, 'leads to the last of them', 0, ofAnna],
    [4, 'leads to nobody', 1, []],
  ])('a phone number of %i persons %s after the others have denied', async (count, _, shared, expected) => {
    const server = start({ consent: 'implied' })
    const visitors = Array.from({ length: count }, (_, nth) => sha256(`visitor ${nth}`))
    for (const [nth, visitor] of visitors.entries()) {
      await server.postPage({ visitor, ...click })
      await server.renew(`first ${nth}`, { $email: `${nth}@example.com`, $phone_number: phone, visitor })
    }
    expect(await server.profiles()).toMatchObject({ shared_keys: shared })
    for (const visitor of visitors.slice(1)) await server.postDenial(visitor)
    server.pass(1000)
    expect(known(await server.renew('1001', { $phone_number: phone, $consent: 'granted' }))).toEqual(expected)
  })
}

function testSources(start: StartShop): void {
  describe('a page’s event', () => {
    test('gets nothing by an alias or a person that it names, only by its visitor ID', async () => {
      const server = start()
      await server.postPage(anna)
      await server.renew('1001', { $email: jane, $phone_number: phone, $customer_id: 7, visitor: anna.visitor })
      const claims = { email: sha256(jane), phone: sha256(phone), external_id: sha256('7') }
      const next = { visitor: sha256('next'), aliases: [sha256(cart)], eventID: 'of a stranger', user: claims }
      await server.postPage(next)
      const [event] = await server.sent('of a stranger')
      expect(event?.user).toMatchObject(claims)
      expect(Object.keys(event?.user ?? {}).sort()).toEqual(['email', 'external_id', 'ip', 'phone', 'user_agent'])
    })

    test('gets no person that only a source named', async () => {
      const server = start()
      await server.postPage(anna)
      await server.renew('1001', { $email: jane, $first_name: 'Jane', visitor: anna.visitor })
      await server.postPage({ visitor: anna.visitor, eventID: 'later' })
      const [later] = await server.sent('later')
      const user = later?.user ?? {}
      expect(known(user)).toEqual(ofAnna)
      expect(user).not.toHaveProperty('email')
      expect(user).not.toHaveProperty('first_name')
    })
  })

  describe('an order gets what the browser knows', () => {
    const persons = {
      email: { $email: jane },
      'phone number': { $phone_number: phone },
      'customer ID': { $customer_id: 7 },
    }
    const everything = Object.assign({}, ...Object.values(persons))
    const claims = { email: sha256(jane), phone: sha256(phone), external_id: sha256('7') }

    test('by the visitor ID that it names', async () => {
      const server = start()
      await server.postPage({ ...anna, aliases: [] })
      expect(known(await server.renew('1001', { visitor: anna.visitor }))).toEqual(ofAnna)
      expect(known(await server.renew('1002', { visitor: sha256('another') }))).toEqual([])
    })

    test.each(Object.entries(persons))('by %s, once a source named it with the visitor ID', async (_, person) => {
      const server = start()
      await server.postPage(anna)
      await server.renew('1001', { ...everything, visitor: anna.visitor })
      expect(known(await server.renew('1002', person))).toEqual(ofAnna)
    })

    test.each(Object.entries(persons))('by %s, once a source named it with an alias of the page', async (_, person) => {
      const server = start()
      await server.postPage(anna)
      await server.renew('1001', everything, [cart])
      expect(known(await server.renew('1002', person))).toEqual(ofAnna)
    })

    test.each(Object.entries(persons))('but not by %s that only pages claimed', async (_, person) => {
      const server = start()
      await server.postPage({ ...anna, user: claims })
      await server.postPage({ ...anna, user: claims })
      expect(known(await server.renew('1001', person))).toEqual([])
    })

    test.each(Object.entries(persons))('but not by %s that a source named without the visitor', async (_, person) => {
      const server = start()
      await server.postPage({ ...anna, user: claims })
      await server.renew('1001', everything)
      expect(known(await server.renew('1002', person))).toEqual([])
    })

    test('by an alias, without saying whose it is, because a cart outlives a log-out', async () => {
      const server = start()
      await server.postPage(anna)
      await server.renew('1001', { ...everything, $first_name: 'Jane', visitor: anna.visitor }, [cart])
      const user = await server.renew('1002', {}, [cart])
      expect(known(user)).toEqual(ofAnna)
      for (const key of ['email', 'phone', 'first_name']) expect(user).not.toHaveProperty(key)
      expect(user.external_id).toBe(anna.visitor)
    })

    test('by a phone number, without saying whose it is, because families share one', async () => {
      const server = start()
      await server.postPage(anna)
      await server.renew('1001', { ...everything, $first_name: 'Jane', visitor: anna.visitor })
      const user = await server.renew('1002', { $phone_number: phone })
      expect(known(user)).toEqual(ofAnna)
      expect(user).not.toHaveProperty('email')
      expect(user).not.toHaveProperty('first_name')
    })
  })

  test('an order that names a visitor says who that is only if a source did so with the visitor ID, not with a cart', async () => {
    const server = start()
    await server.postPage(anna)
    await server.renew('1001', { $email: jane, visitor: anna.visitor })
    expect(await server.renew('1002', { visitor: anna.visitor })).toMatchObject({ email: sha256(jane) })
    // The cart has another ID, so the visitor's person is no longer the one that a source named.
    await server.renew('1003', { $email: jane, $customer_id: 7 }, [cart])
    expect(await server.renew('1004', { visitor: anna.visitor })).not.toHaveProperty('email')
    await server.renew('1005', { $email: jane, visitor: anna.visitor })
    expect(await server.renew('1006', { visitor: anna.visitor })).toMatchObject({ email: sha256(jane) })
  })

  test('an email that a source named with a cart is not the visitor’s because a phone number comes with the visitor ID', async () => {
    const server = start()
    await server.postPage(anna)
    await server.renew('1001', { $email: jane }, [cart])
    await server.renew('1002', { $phone_number: phone, visitor: anna.visitor })
    expect(await server.renew('1003', { visitor: anna.visitor })).not.toHaveProperty('email')
    await server.renew('1004', { $email: jane, visitor: anna.visitor })
    expect(await server.renew('1005', { visitor: anna.visitor })).toMatchObject({ email: sha256(jane) })
  })

  test('an email that a source named with a cart is the visitor’s if an order with the same customer ID names the visitor ID', async () => {
    const server = start()
    await server.postPage(anna)
    await server.renew('1001', { $email: jane, $customer_id: '77' }, [cart])
    await server.renew('1002', { $customer_id: '77', visitor: anna.visitor })
    expect(await server.renew('1003', { visitor: anna.visitor })).toMatchObject({ email: sha256(jane) })
  })

  test('an email that was named with the visitor ID stays the visitor’s if an order names the visitor ID with a phone number', async () => {
    const server = start()
    await server.postPage(anna)
    await server.renew('1001', { $email: jane, visitor: anna.visitor })
    await server.renew('1002', { $phone_number: phone, visitor: anna.visitor })
    expect(await server.renew('1003', { visitor: anna.visitor })).toMatchObject({ email: sha256(jane) })
  })

  test('an email that names the visitor ID is the visitor’s, also if a source named an address with the cart before', async () => {
    const server = start()
    await server.postPage(anna)
    await server.renew('1001', { $zip_code: '10115', $country_code: 'DE' }, [cart])
    await server.renew('1002', { $email: jane, visitor: anna.visitor })
    expect(await server.renew('1003', { visitor: anna.visitor })).toMatchObject({ email: sha256(jane) })
  })

  test('a visitor whom only a cart connects with a person is not named', async () => {
    const server = start()
    await server.postPage(anna)
    await server.renew('1001', { $email: jane }, [cart])
    const user = await server.renew('1002', { visitor: anna.visitor })
    expect(known(user)).toEqual(ofAnna)
    expect(user).not.toHaveProperty('email')
  })
}

function testPersons(start: StartShop): void {
  test('an order’s own values are never replaced', async () => {
    const server = start()
    await server.postPage(anna)
    await server.renew('1001', { $email: jane, $phone_number: phone, visitor: anna.visitor })
    const own = {
      $ttclid: 'E.C.P.own',
      $ttp: 'own',
      $ip: '198.51.100.1',
      $user_agent: 'Own/1.0',
      $phone_number: '+49301234567',
    }
    expect(await server.renew('1002', { $email: jane, ...own })).toMatchObject({
      ...{ ttclid: 'E.C.P.own', ttp: 'own', ip: '198.51.100.1', user_agent: 'Own/1.0', phone: sha256('+49301234567') },
    })
  })

  describe('of another person an order gets nothing, not even a click ID', () => {
    const ways: [by: string, named: object, aliases: string[]][] = [
      ['an alias', {}, [cart]],
      ['the visitor ID', { visitor: anna.visitor }, []],
      ['a shared phone number', { $phone_number: phone }, []],
    ]
    const others: [whose: string, first: object, second: object][] = [
      ['email', { $email: jane }, { $email: mary }],
      ['customer ID', { $customer_id: 7 }, { $customer_id: 8 }],
      ['customer ID with the same email', { $email: jane, $customer_id: 7 }, { $email: jane, $customer_id: 8 }],
      ['email with the same customer ID', { $email: jane, $customer_id: 7 }, { $email: mary, $customer_id: 7 }],
      ['email, known by the customer ID only', { $customer_id: 7 }, { $email: mary }],
    ]
    test.each(
      ways.flatMap(([by, named, aliases]) => others.map((other) => [by, other[0], named, aliases, other] as const)),
    )('by %s with another %s', async (_, __, named, aliases, [, first, second]) => {
      const server = start()
      await server.postPage(anna)
      expect(
        known(await server.renew('1001', { ...first, $phone_number: phone, visitor: anna.visitor }, [cart])),
      ).toEqual(ofAnna)
      expect(known(await server.renew('1002', { ...second, ...named }, aliases))).toEqual([])
    })
  })

  test('an order gets name and address only together, and only if it has no part of them', async () => {
    const server = start()
    const whole = { $first_name: 'Jane', $last_name: 'Doe', $zip_code: '10001', $city: 'New York', $country_code: 'US' }
    const person = await server.renew('1001', { $email: jane, ...whole })
    const { first_name, last_name, zip_code, city, country } = person
    expect(await server.renew('1002', { $email: jane })).toMatchObject({
      first_name,
      last_name,
      zip_code,
      city,
      country,
    })
    for (const [key, value] of Object.entries(whole)) {
      const user = await server.renew(`only ${key}`, { $email: jane, [key]: value })
      const parts = ['first_name', 'last_name', 'zip_code', 'city', 'country'].filter((part) =>
        Object.hasOwn(user, part),
      )
      expect(parts).toEqual([key.slice(1).replace('_code', key === '$zip_code' ? '_code' : '')])
    }
  })

  test('a newer address replaces the former one as a whole', async () => {
    const server = start()
    await server.renew('1001', { $email: jane, $first_name: 'Jane', $city: 'New York', $zip_code: '10001' })
    server.pass(1000)
    await server.renew('1002', { $email: jane, $city: 'Berlin' })
    const user = await server.renew('1003', { $email: jane })
    expect(user).toMatchObject({ city: 'berlin' })
    expect(user).not.toHaveProperty('zip_code')
    expect(user).not.toHaveProperty('first_name')
  })
}

function testNextPerson(start: StartShop): void {
  describe('once another person uses the visitor ID', () => {
    /** Jane ordered with it, and a second later Mary is logged in. */
    async function startWithBoth() {
      const server = start()
      await server.postPage(anna)
      await server.renew('1001', { $email: jane, $phone_number: phone, visitor: anna.visitor })
      server.pass(1000)
      await server.postPage({ visitor: anna.visitor, ...click, user: { email: sha256(mary) }, eventID: 'of mary' })
      return server
    }

    test('her page gets nothing of the former person', async () => {
      const server = await startWithBoth()
      await server.postPage({ visitor: anna.visitor, eventID: 'later' })
      const [later] = await server.sent('later')
      expect(later?.user).toMatchObject({ email: sha256(mary), ttclid: click.ttclid })
      expect(later?.user).not.toHaveProperty('phone')
    })

    test.each<[key: string, person: Record<string, unknown>, aliases: string[]]>([
      ['phone number', { $phone_number: phone }, []],
      ['email', { $email: jane }, []],
      ['cart', {}, [cart]],
    ])('the %s of the former person leads to nobody', async (_, person, aliases) => {
      const server = await startWithBoth()
      expect(known(await server.renew('1002', person, aliases))).toEqual([])
    })

    test('an event from before that gets nothing of hers', async () => {
      const server = await startWithBoth()
      const timestamp = Date.parse('2026-03-01T11:59:00Z') / 1000
      await server.postShop({ ...orderOf('1002', { visitor: anna.visitor }, [], renewal), timestamp })
      const [event] = await server.sent('1002')
      expect(known(event?.user)).toEqual([])
    })
  })
}

function testOldAddress(start: StartShop): void {
  test('an older event’s address does not complete a newer one', async () => {
    const server = start()
    await server.renew('1001', { $email: jane, $city: 'Berlin' })
    const older = Date.parse('2026-03-01T11:00:00Z') / 1000
    await server.postShop({ ...orderOf('1000', { $email: jane, $zip_code: '10001' }, [], renewal), timestamp: older })
    const user = await server.renew('1002', { $email: jane })
    expect(user).toMatchObject({ city: 'berlin' })
    expect(user).not.toHaveProperty('zip_code')
  })
}

function testAges(start: StartShop): void {
  describe('a profile', () => {
    test.each<[age: string, milliseconds: number, days: number, expected: string[]]>([
      ['23 hours', 23 * hour, 30, ofAnna],
      ['25 hours', 25 * hour, 30, ofAnna.slice(0, 2)],
      ['29 days', 29 * day, 30, ofAnna.slice(0, 2)],
      ['31 days', 31 * day, 30, []],
      ['31 days of 60', 31 * day, 60, ['ttp-anna']],
      ['11 days of 10', 11 * day, 10, []],
    ])('after %s still fills what is young enough', async (_, milliseconds, days, expected) => {
      const server = start({ profiles: { days } })
      await server.postPage(anna)
      server.pass(milliseconds)
      expect(known(await server.renew('1001', {}, [cart]))).toEqual(expected)
    })

    test('keeps a click ID for 30 days from the click, however often the page comes', async () => {
      const server = start()
      await server.postPage(anna)
      server.pass(20 * day)
      await server.postPage(anna)
      server.pass(9 * day)
      expect(known(await server.renew('1001', {}, [cart]))).toEqual(['E.C.P.anna', 'ttp-anna'])
      server.pass(2 * day)
      expect(known(await server.renew('1002', {}, [cart]))).toEqual(['ttp-anna'])
    })

    test('of a visitor with Global Privacy Control limits the events that it fills, until a newer page has none', async () => {
      const server = start()
      await server.postPage({ ...anna, gpc: true })
      const isLimited = async (id: string) => {
        await server.renew(id, {}, [cart])
        return (await server.sent(id)).map(({ limited_data_use = false }) => limited_data_use)
      }
      expect(await isLimited('1001')).toEqual([true])
      await server.postPage(anna)
      expect(await isLimited('1002')).toEqual([false])
    })
  })
}
