import { expect, test } from 'vitest'
import { matchKeysOf, sharesInWords } from '../../src/inspector/match-keys.ts'
import { hash } from '../../src/tiktok/user.ts'
import { mapped } from './mapped.ts'

const searched = (properties: Record<string, unknown> = {}, matchKeys?: ('email' | 'phone' | 'external_id')[]) =>
  mapped({ eventName: 'Searched', properties: { q: 'cap', ...properties }, ...(matchKeys && { matchKeys }) })

test('there are seven match keys, and every request has two of them', () => {
  const { result, source } = searched()
  const keys = matchKeysOf(result, source, {})
  expect(keys.map(({ key, isThere }) => `${key} ${isThere}`)).toEqual([
    'email false',
    'phone false',
    'external_id false',
    'ttclid false',
    'ttp false',
    'ip true',
    'user_agent true',
  ])
  for (const { key, isThere, advice } of keys) expect([key, advice !== '']).toEqual([key, !isThere])
})

test('a match key from the event is shown as its hash, and never in plain text', () => {
  const { result, source } = searched({ $email: 'Jane@Example.com' }, ['email', 'external_id'])
  const keys = matchKeysOf(result, source, { visitor: 'ab'.repeat(32), ttp: 'cookie', ttclid: 'E.C.P.1' })
  expect(keys.filter(({ isThere }) => isThere).map(({ key, value }) => [key, value])).toEqual([
    ['email', hash('jane@example.com')],
    ['external_id', 'ab'.repeat(32)],
    ['ttclid', 'E.C.P.1'],
    ['ttp', 'cookie'],
    ['ip', 'from each request'],
    ['user_agent', 'from each request'],
  ])
})

test('a match key from an earlier call is listed without a value', () => {
  const { result, source } = searched({}, ['phone'])
  expect(matchKeysOf(result, source, {})[1]).toMatchObject({ key: 'phone', isThere: true, value: 'given before' })
})

test('an event without a TikTok event has no match keys', () => {
  const { result, source } = mapped({ eventName: 'My Event' })
  expect(matchKeysOf(result, source, {})).toEqual([])
})

test('the shares of all listed events and of the orders among them are stated', () => {
  const listed = (eventName: string, ...there: string[]) => ({
    eventName,
    matchKeys: ['email', 'ttclid', 'ip'].map((key) => ({ key, isThere: there.includes(key) })),
  })
  const unmapped = { eventName: 'My Event', matchKeys: [] }
  const searched = listed('Searched', 'ip')
  expect(sharesInWords([unmapped])).toBe('')
  expect(sharesInWords([searched, unmapped])).toBe('Match keys of 1 event: email 0 %, ttclid 0 %, ip 100 %.')
  expect(
    sharesInWords([searched, listed('Placed Order', 'ip', 'email'), listed('Added To Cart', 'ip', 'ttclid')]),
  ).toBe(
    'Match keys of 3 events: email 33 %, ttclid 33 %, ip 100 %. Match keys of 1 order: email 100 %, ttclid 0 %, ip 100 %.',
  )
})
