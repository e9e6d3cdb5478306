// What the forwarder knows of a visitor, and which events get it, from a request to TikTok.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256 } from '../../src/core/sha256.ts'
import { address, anna, cart, day, orderOf, renewal, startProfiles, userAgent } from './profile-kit.ts'

const email = 'jane@example.com'
const jane = sha256(email)
const context = { ttclid: 'E.C.P.anna', ttp: 'ttp-anna', ip: address, user_agent: userAgent }
const browserKeys = ['ttclid', 'ttp', 'ip', 'user_agent'] as const
const keysIn = (user: object | undefined) => browserKeys.filter((key) => user && Object.hasOwn(user, key))
const forget = { emails: [jane], phones: [], customerIds: [], orderIds: [] }

test('an order of the shop’s server gets the context of the page with the same cart token', async () => {
  const server = await startProfiles()
  await server.postPage(anna)
  await server.postShop(orderOf('1001', { $email: email }, [cart]))
  const [event] = await server.sent('1001')
  expect(event?.user).toMatchObject({ email: jane, ...context, external_id: anna.visitor })
})

test('a renewal three weeks later gets the click ID, and not the old IP address and user agent', async () => {
  const server = await startProfiles()
  await server.postPage(anna)
  await server.postShop(orderOf('1001', { $email: email }, [cart]))
  await server.sent('1001')
  server.pass(21 * day)
  await server.postShop(orderOf('1002', { $email: email }, [], renewal))
  const [event] = await server.sent('1002')
  expect(event?.user).toMatchObject({ email: jane, ttclid: context.ttclid, ttp: context.ttp })
  expect(keysIn(event?.user)).toEqual(['ttclid', 'ttp'])
})

test('another email on the same device gets nothing of the first', async () => {
  const server = await startProfiles()
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

test('after a person is erased nobody gets anything of them, and no file has their hashes', async () => {
  const server = await startProfiles()
  await server.postPage({ ...anna, user: { email: jane, phone: sha256('+19171234567'), first_name: sha256('jane') } })
  await server.postShop(orderOf('1001', { $email: email, $customer_id: 7 }, [cart]))
  await server.sent('1001')
  expect(await server.store.erase(forget)).toMatchObject({ profiles: 1 })
  const hashes = [jane, anna.visitor, sha256(cart), sha256('7'), sha256('+19171234567'), sha256('jane')]
  expect(findIn(server.path, hashes)).toEqual([])
  await server.postShop(orderOf('1002', { $email: email }, [cart], renewal))
  const [event] = await server.sent('1002')
  expect(keysIn(event?.user)).toEqual([])
})

/** The hashes that the database's files contain, as text or as bytes. */
function findIn(path: string, hashes: readonly string[]): string[] {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)))
  const files = names.map((name) => readFileSync(join(dirname(path), name)))
  return hashes.filter((hash) => files.some((file) => file.includes(hash) || file.includes(Buffer.from(hash, 'hex'))))
}
