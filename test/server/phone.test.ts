import { expect, test } from 'vitest'
import { withPrefix } from '../../src/server/phone.ts'

test.each([
  ['(917) 123-4567', 'US', '+19171234567'],
  ['0170 1234567', 'DE', '+491701234567'],
  ['06 12 34 56 78', 'FR', '+33612345678'],
  ['312 345 6789', 'it', '+393123456789'],
  ['07400 123456', 'GB', '+447400123456'],
  [9171234567, 'US', '+19171234567'],
  ['+49 170 1234567', 'US', '+49 170 1234567'],
  ['0049 170 1234567', 'US', '0049 170 1234567'],
  ['(+49) 170 1234567', 'US', '(+49) 170 1234567'],
  ['0170 1234567', '', '0170 1234567'],
  ['0170 1234567', 'Germany', '0170 1234567'],
  ['0170 1234567', undefined, '0170 1234567'],
  ['12', 'DE', '12'],
  ['call me', 'DE', 'call me'],
  [
    'b5a2c96250612366ea272ffac6d9744aaf4b45aacd96aa7cfcb931ee3b558259',
    'DE',
    'b5a2c96250612366ea272ffac6d9744aaf4b45aacd96aa7cfcb931ee3b558259',
  ],
  [undefined, 'DE', ''],
  [null, 'DE', ''],
  [{}, 'DE', ''],
])('%s in %s is %s', (phone, country, expected) => {
  expect(withPrefix(phone, country)).toBe(expected)
})
