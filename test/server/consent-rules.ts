// The rules on consent, sentence by sentence, from a request to TikTok.
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import type { OpenLawDatabase } from './law-database.ts'
import { anna, cart, orderOf, renewal, userAgent } from './profile-kit.ts'
import { type ProfileShop, type StartShop, startShop } from './profile-shop.ts'

const jane = 'jane@example.com'
const phone = '+19171234567'
const person = { $email: jane, $phone_number: phone, $customer_id: 7 }

type Named = [person: Record<string, unknown>, aliases: readonly string[]]

/** Keys that an order may have. Each leads to Anna's profile. */
const keys = {
  'the visitor ID': [{ visitor: anna.visitor }, []],
  'an alias': [{}, [cart]],
  'the email': [{ $email: jane }, []],
  'the phone number': [{ $phone_number: phone }, []],
  'the customer ID': [{ $customer_id: 7 }, []],
} as const satisfies Record<string, Named>
const eachKey = Object.entries<Named>(keys)

/** Lets the shop's server name the person of Anna's page. */
async function nameAnna(server: ProfileShop): Promise<void> {
  await server.postPage(anna)
  await server.renew('named', { ...person, visitor: anna.visitor, $consent: 'granted' })
  server.pass(1000)
}

const count = async (server: ProfileShop, id: string) => (await server.sent(id)).length

/** Tests of the rules on consent. `create` returns a new and empty database. */
export function testConsentRules(name: string, create: () => OpenLawDatabase): void {
  const start: StartShop = (config) => startShop(create(), config)

  describe(name, () => {
    testPageDenials(start)
    testSourceDenials(start)
    testDecisions(start)
  })
}

function testPageDenials(start: StartShop): void {
  describe.each(['require', 'implied'] as const)('with %s, after a page’s denial', (consent) => {
    test.each(eachKey)(
      'an undecided order that leads to the visitor by %s is not sent',
      async (_, [named, aliases]) => {
        const server = start({ consent })
        await nameAnna(server)
        await server.postDenial(anna.visitor)
        server.pass(1000)
        await server.postShop(orderOf('1001', named, aliases, renewal))
        await server.postShop(orderOf('1002', named, aliases))
        expect([await count(server, '1001'), await count(server, '1002')]).toEqual([0, 0])
      },
    )

    test.each(eachKey)(
      'an order with a newer grant of its own is sent, without the erased profile, by %s',
      async (_, [named, aliases]) => {
        const server = start({ consent })
        await nameAnna(server)
        await server.postDenial(anna.visitor)
        server.pass(1000)
        const user = await server.renew('1001', { ...named, $consent: 'granted' }, aliases)
        expect(Object.values(user)).not.toContain(userAgent)
        expect(user).not.toHaveProperty('ttclid')
      },
    )

    test('the events of other visitors are sent', async () => {
      const server = start({ consent })
      const other = sha256('other')
      await server.postPage({ visitor: other, aliases: [sha256('urn:cart_token:other')] })
      await server.postDenial(anna.visitor)
      await server.postPage({ visitor: other, eventID: 'of another' })
      await server.postShop(orderOf('1001', { $email: 'mary@example.com' }, ['urn:cart_token:other']))
      expect([await count(server, 'of another'), await count(server, '1001')]).toEqual([1, 1])
    })

    test('an alias that the visitor had is denied until a new visitor with it grants', async () => {
      const server = start({ consent })
      await nameAnna(server)
      await server.postDenial(anna.visitor)
      server.pass(1000)
      await server.postPage({ ...anna, visitor: sha256('the next visitor ID') })
      await server.postShop(orderOf('1001', {}, [cart]))
      expect(await count(server, '1001')).toBe(1)
    })
  })

  test.each(Object.entries({ email: sha256(jane), phone: sha256(phone), customer: sha256('7'), alias: sha256(cart) }))(
    'a page that posts the hash of another person’s %s as its visitor ID denies nothing for that person',
    async (_, hash) => {
      const server = start({ consent: 'implied' })
      await nameAnna(server)
      await server.postDenial(hash)
      server.pass(1000)
      for (const [index, [, [named, aliases]]] of eachKey.entries())
        expect(await server.renew(String(index), named, aliases)).toHaveProperty('ttclid')
    },
  )
}

function testSourceDenials(start: StartShop): void {
  const denied = { $consent: 'denied' }

  describe('after a signed source’s denial by', () => {
    test.each(eachKey)('%s, undecided orders with it are not sent, and others are', async (_, [named, aliases]) => {
      const server = start({ consent: 'implied' })
      await server.postShop(orderOf('1000', { ...named, ...denied }, aliases))
      server.pass(1000)
      await server.postShop(orderOf('1001', named, aliases, renewal))
      await server.postShop(orderOf('1002', { $email: 'mary@example.com' }, ['urn:cart_token:other'], renewal))
      expect(await count(server, '1000')).toBe(0)
      expect(await count(server, '1001')).toBe(0)
      expect(await count(server, '1002')).toBe(1)
    })

    test.each(eachKey)('%s, the profile that it leads to is erased', async (_, [named, aliases]) => {
      const server = start({ consent: 'implied' })
      await nameAnna(server)
      await server.postShop(orderOf('1000', { ...named, ...denied }, aliases))
      expect(await server.profiles()).toMatchObject({ profiles: 0 })
    })
  })

  test('a signed source’s denial leaves the profile of another person who used the same cart or phone', async () => {
    const server = start({ consent: 'implied' })
    await nameAnna(server)
    await server.postShop(orderOf('1000', { $email: 'mary@example.com', $phone_number: phone, ...denied }, [cart]))
    const user = await server.renew('1001', { $email: jane })
    expect(user).toHaveProperty('ttclid')
    expect(user).not.toHaveProperty('phone')
  })

  test('a denial with an alias that belongs to nobody concerns no other person with it', async () => {
    const server = start({ consent: 'implied' })
    for (const name of ['a', 'b', 'c', 'd']) await server.postPage({ visitor: sha256(name), aliases: [sha256(cart)] })
    await server.postShop(orderOf('1000', { $email: jane, ...denied }, [cart]))
    expect(await server.profiles()).toMatchObject({ denials: 1, profiles: 4 })
    server.pass(1000)
    await server.postShop(orderOf('1001', { $email: 'mary@example.com' }, [cart], renewal))
    await server.postShop(orderOf('1002', { $email: jane }, [cart], renewal))
    expect(await count(server, '1001')).toBe(1)
    expect(await count(server, '1002')).toBe(0)
  })

  test.each([
    ['before', ['mary', 'a', 'b', 'c']],
    ['after', ['a', 'b', 'c', 'mary']],
  ])('a denial %s the phone number belongs to nobody leaves the orders of others who have it', async (_, names) => {
    const server = start({ consent: 'implied' })
    await nameAnna(server)
    for (const name of names) {
      server.pass(1000)
      const consent = name === 'mary' ? denied : {}
      const given = { $email: `${name}@example.com`, $phone_number: phone, ...consent }
      await server.postShop(orderOf(name, given, [], renewal))
    }
    server.pass(1000)
    expect(await server.renew('1001', { $email: jane })).toHaveProperty('ttclid')
  })

  test('a denial by an alias ends to count once the alias belongs to nobody', async () => {
    const server = start({ consent: 'implied' })
    await server.postShop(orderOf('1000', denied, [cart]))
    server.pass(1000)
    for (const name of ['a', 'b', 'c', 'd']) await server.postPage({ visitor: sha256(name), aliases: [sha256(cart)] })
    await server.postShop(orderOf('1001', { $email: 'mary@example.com' }, [cart], renewal))
    expect(await count(server, '1001')).toBe(1)
  })
}

function testDecisions(start: StartShop): void {
  describe('with require, an undecided order', () => {
    const attested = eachKey.filter(([key]) => key !== 'the visitor ID' && key !== 'an alias')

    test.each(eachKey)('has the grant of the profile that it leads to by %s', async (_, [named, aliases]) => {
      const server = start({ consent: 'require' })
      await nameAnna(server)
      await server.postShop(orderOf('1001', named, aliases))
      expect(await count(server, '1001')).toBe(1)
    })

    test.each(attested)('has no grant by %s that only a page claimed', async (_, [named, aliases]) => {
      const server = start({ consent: 'require' })
      const user = { email: sha256(jane), phone: sha256(phone), external_id: sha256('7') }
      await server.postPage({ ...anna, user })
      await server.postShop(orderOf('1001', named, aliases))
      expect(await count(server, '1001')).toBe(0)
    })

    test('has no grant by the cart of another person', async () => {
      const server = start({ consent: 'require' })
      await nameAnna(server)
      await server.postShop(orderOf('1001', { $email: 'mary@example.com' }, [cart]))
      expect(await count(server, '1001')).toBe(0)
    })
  })

  describe.each(['require', 'implied'] as const)('with %s, an order that was denied by its own source', (consent) => {
    test.each(eachKey)('is not sent because a profile has a grant, by %s', async (_, [named, aliases]) => {
      const server = start({ consent })
      await nameAnna(server)
      await server.postShop(orderOf('1001', { ...named, $consent: 'denied' }, aliases))
      await server.postPage(anna)
      expect(await count(server, '1001')).toBe(0)
    })

    test('is not sent because its page copy has a grant', async () => {
      const server = start({ consent })
      const send = [{ event: 'Purchase', parameters: { value: 94.8, currency: 'EUR' } }]
      await server.postShop(orderOf('1001', { $email: jane, $consent: 'denied' }))
      await server.postPage({ ...anna, eventName: 'Placed Order', eventID: '1001', send })
      const events = await server.sent('1001')
      expect(events.filter(({ user }) => user.email !== undefined)).toEqual([])
    })
  })

  test('an order that the source granted is sent, although its profile has an older denial or none', async () => {
    const server = start({ consent: 'require' })
    await server.postShop(orderOf('1000', { $email: jane, $consent: 'denied' }))
    server.pass(1000)
    await server.postShop(orderOf('1001', { $email: jane, $consent: 'granted' }))
    expect(await count(server, '1001')).toBe(1)
  })

  describe('with always_server, an order without a grant', () => {
    test('gets nothing from a profile that has one, and adds nothing', async () => {
      const server = start({ consent: 'always_server' })
      await server.postPage(anna)
      const user = await server.renew('1001', { $email: jane }, [cart])
      expect(Object.keys(user)).toEqual(['email'])
      expect(await server.renew('1002', { $email: jane, $consent: 'granted' })).not.toHaveProperty('ttclid')
    })

    test('after a denial is sent without what was read from the device', async () => {
      const server = start({ consent: 'always_server' })
      await nameAnna(server)
      await server.postDenial(anna.visitor)
      server.pass(1000)
      const own = { $email: jane, $ttclid: 'E.C.P.own', $ip: '203.0.113.9', visitor: anna.visitor }
      expect(Object.keys(await server.renew('1001', own))).toEqual(['email'])
    })
  })
}
