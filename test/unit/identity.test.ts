import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { readUser } from '../../src/tiktok/user.ts'
import type { User } from '../../src/types.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const hashOfNothing = sha256('')

type Row = [given: unknown, normal: string]

const email: Row[] = [
  ['jane@example.com', 'jane@example.com'],
  ['  Jane.Doe@Example.COM \n', 'jane.doe@example.com'],
  ['jane+tag@example.co.uk', 'jane+tag@example.co.uk'],
  ['j_d-1@sub.shop-example.museum', 'j_d-1@sub.shop-example.museum'],
  ['me@x.com', 'me@x.com'],
  ["Sinead.O'Brien@example.ie", "sinead.o'brien@example.ie"],
  ['info@müller.de', 'info@müller.de'],
  ['jäne@example.com', 'jäne@example.com'],
  ['用户@例子.公司', '用户@例子.公司'],
  ['.jane.@example.com', '.jane.@example.com'],
  ['jane!#$%&*/=?^`{|}~@example.com', 'jane!#$%&*/=?^`{|}~@example.com'],
  ['j@a.b.c.example.photography', 'j@a.b.c.example.photography'],
  ['jane@example.xn--p1ai', 'jane@example.xn--p1ai'],
  ['jane@10.0.0.1', 'jane@10.0.0.1'],
  [`${'j'.repeat(116)}@example.com`, `${'j'.repeat(116)}@example.com`],
  [`${'𝕛'.repeat(116)}@example.com`, `${'𝕛'.repeat(116)}@example.com`],
  [['jane@example.com', 'john@example.com'], 'jane@example.com'],
  [[null, '', 'undefined', 'jane', hashOfNothing, 'Jane@example.com', 'john@example.com'], 'jane@example.com'],
]

const phone: Row[] = [
  ['+436641234567', '+436641234567'],
  ['+1 (917) 123-4567', '+19171234567'],
  ['+43 (0) 664 / 123 45 67', '+436641234567'],
  ['0043 664 1234567', '+436641234567'],
  ['00 44 20 7946 0958', '+442079460958'],
  [' +49.30.123456 ', '+4930123456'],
  ['+358\u00a040\u2011123\u20114567', '+358401234567'],
  ['+1 415 555 2671 ext. 12', '+14155552671'],
  ['+1 415 555 2671 Ext 12', '+14155552671'],
  ['+1 415 555 2671 extn: 12', '+14155552671'],
  ['+1 415 555 2671, extension 12', '+14155552671'],
  ['+34 912 345 678 extensión 12', '+34912345678'],
  ['+1 (415) 555-2671x12', '+14155552671'],
  ['+1 415 555 2671 x 12', '+14155552671'],
  ['+1 415 555 2671 #12', '+14155552671'],
  ['+1 415 555 2671 ext #12', '+14155552671'],
  ['+1-415-555-2671;ext=12', '+14155552671'],
  ['tel:+1-415-555-2671;ext=12', '+14155552671'],
  ['001 415 555 2671 ext. 1234567', '+14155552671'],
  ['+1 415 555 2671 ext.', '+14155552671'],
  [['+43 664 1234567', '+43 664 7654321'], '+436641234567'],
  [[null, '0664 1234567', 'null', 'call me', '+43 664 1234567', '+43 664 7654321'], '+436641234567'],
]

const external_id: Row[] = [
  ['C-1042', 'C-1042'],
  [' 1042 ', '1042'],
  [1042, '1042'],
  ['gid://shopify/Customer/1042', '1042'],
  ['Käufer ☂ 1', 'Käufer ☂ 1'],
]

const names: [property: string, key: keyof User, given: unknown, normal: string][] = [
  ['$first_name', 'first_name', ' Zoë ', 'zoë'],
  ['$last_name', 'last_name', "O'Hara", "o'hara"],
  ['$zip_code', 'zip_code', 'SW1A 1AA', 'sw1a1aa'],
  ['$zip_code', 'zip_code', 1010, '1010'],
  ['$zip_code', 'zip_code', '90210-1234', '902101234'],
]

const vectors = [
  ...email.map(([given, normal]) => ['$email', 'email', given, normal] as const),
  ...phone.map(([given, normal]) => ['$phone_number', 'phone', given, normal] as const),
  ...external_id.map(([given, normal]) => ['$customer_id', 'external_id', given, normal] as const),
  ...names,
]

test.each(vectors)(
  '%s is sent as the hash of its normal form: as %s, of %j, that is %j',
  (property, key, given, normal) => {
    expect(readUser({ [property]: given })).toEqual({ [key]: sha256(normal) })
  },
)

const hashed = [
  ['$email', 'email'],
  ['$phone_number', 'phone'],
  ['$customer_id', 'external_id'],
  ['$first_name', 'first_name'],
  ['$last_name', 'last_name'],
  ['$zip_code', 'zip_code'],
] as const

test.each(hashed)('a hash is kept, in lower case: %s', (property, key) => {
  const hash = sha256('jane@example.com')
  expect(readUser({ [property]: hash })).toEqual({ [key]: hash })
  expect(readUser({ [property]: ` ${hash.toUpperCase()} ` })).toEqual({ [key]: hash })
})

const plain = [
  ['$city', 'city'],
  ['$state', 'state'],
  ['$country_code', 'country'],
] as const

test.each(plain)('%s is sent in plain text, lower case', (property, key) => {
  expect(readUser({ [property]: ' Wien ' })).toEqual({ [key]: 'wien' })
})

const junk = ['', '  ', 'undefined', 'null', 'None', ' NULL ', null, undefined, {}, [], true, Number.NaN, hashOfNothing]

test.each([...hashed, ...plain])('placeholders of empty template variables are never sent: %s', (property) => {
  for (const given of [...junk, hashOfNothing.toUpperCase()]) expect(readUser({ [property]: given })).toEqual({})
})

test('the customer ID 0, which shop systems use for guests, is ignored', () => {
  expect(readUser({ $customer_id: 0 })).toEqual({})
  expect(readUser({ $customer_id: '0' })).toEqual({})
})

test.each([
  'jane',
  'jane@',
  '@example.com',
  'jane@example',
  'jane@example..com',
  'jane doe@example.com',
  'jane@example.com, john@example.com',
  'jane@.example.com',
  'jane@example.com.',
  'jane@home@example.com',
  'jane@exam ple.com',
  'jane\u00a0doe@example.com',
  'jane@example\n.com',
  `${'j'.repeat(117)}@example.com`,
  `jane@${'example.'.repeat(40)}com`,
  [],
  ['jane', 'john@example'],
  [['jane@example.com']],
  'a'.repeat(63),
  `${'a'.repeat(64)}b`,
])('a text that is not an email address is not hashed: %j', ($email) => {
  expect(readUser({ $email })).toEqual({})
})

test.each([
  '0664 1234567', // no country code
  '1 (917) 123-4567',
  9171234567,
  '+0664 1234567',
  '+43',
  '+1234567890123456', // longer than E.164 allows
  '+1 917 123 4567 ext. 12345678', // longer than an extension
  '+1 917 123 4567 in the evening',
  '+1 415 555 CALL',
  '+1 415 555 CALL 1',
  '+1 415 555 2671, 12',
  '+1 415 555 2671 / +1 415 555 2672',
  'call me',
  [],
  ['0664 1234567', 'call me'],
])('a text that is not an international phone number is not hashed: %j', ($phone_number) => {
  expect(readUser({ $phone_number })).toEqual({})
})

test.each(['a', '.', 'a@', '@', ' ', 'a.', '+', '1', 'x', 'ext', '#', '+1 ', 'ext ', '(0)', '-'])(
  'a long text is read quickly: %j, 400,000 times',
  (part) => {
    const text = part.repeat(400_000)
    for (const long of [text, `a@${text}`, `+1${text}`, `${text} `, `${text}z`])
      expect(readUser({ $email: long, $phone_number: long }).email).toBeUndefined()
  },
)

const janes = { email: sha256('jane@example.com') }

test.each<[title: string, properties: Record<string, unknown>, aliases: unknown, user: User]>([
  ['an alias', {}, ['urn:cart_token:c1', 'urn:email:Jane@Example.com'], janes],
  ['one alias outside of a list', {}, 'urn:email:jane@example.com', janes],
  ['a property, before an alias', { $email: 'jane@example.com' }, ['urn:email:john@example.com'], janes],
  ['an alias, if the property is a placeholder', { $email: 'undefined' }, ['urn:email:jane@example.com'], janes],
  ['an alias, if the property is not an address', { $email: 'jane' }, ['urn:email:jane@example.com'], janes],
  ['an alias without a value', {}, ['urn:email:undefined'], {}],
  ['an alias that is empty', {}, ['urn:email:'], {}],
  ['an alias of the hash of nothing', {}, [`urn:email:${hashOfNothing}`], {}],
  ['no alias', {}, [], {}],
  ['aliases of another kind', {}, [null, 7, {}, 'jane@example.com'], {}],
])('an email address is read from %s', (_, properties, aliases, user) => {
  expect(readUser(properties, aliases)).toEqual(user)
})
