import { expect, test } from 'vitest'
import { forbiddenBy, readPolicies } from '../../src/node/csp.ts'

const page = new URL('https://www.shop.example/cap')
const script = new URL('https://analytics.tiktok.com/i18n/pixel/events.js')

test.each([
  ['script-src https://analytics.tiktok.com', undefined],
  ['script-src analytics.tiktok.com', undefined],
  ['script-src *.tiktok.com:443', undefined],
  ['script-src ANALYTICS.TIKTOK.COM', undefined],
  ['script-src https:', undefined],
  ['script-src http:', undefined],
  ['script-src *', undefined],
  ['script-src https://analytics.tiktok.com/i18n/', undefined],
  ["script-src 'nonce-abc' 'strict-dynamic'", undefined],
  ["script-src 'self'; script-src-elem https://analytics.tiktok.com", undefined],
  ["img-src 'none'", undefined],
  ["script-src 'self'", 'script-src'],
  ["default-src 'none'", 'default-src'],
  ["script-src 'none'", 'script-src'],
  ['script-src', 'script-src'],
  ["script-src 'nonce-abc'", 'script-src'],
  ['script-src https://tiktok.com', 'script-src'],
  ['script-src https://notanalytics.tiktok.com', 'script-src'],
  ['script-src https://analytics.tiktok.com:8443', 'script-src'],
  ['script-src https://analytics.tiktok.com/other/', 'script-src'],
  ["script-src 'self'; script-src *", 'script-src'],
  ['script-src *; script-src-elem https://cdn.example', 'script-src-elem'],
])("in the policy %s, the directive that forbids TikTok's script is %s", (policy, directive) => {
  expect(forbiddenBy(policy, 'script', script, page)).toBe(directive)
})

test("'self' is the origin of the checked page", () => {
  expect(forbiddenBy("connect-src 'self'", 'connect', new URL('/relay', page), page)).toBeUndefined()
  expect(forbiddenBy("script-src 'self'", 'connect', script, page)).toBeUndefined()
})

test('every policy of a page applies, in headers and in meta tags', () => {
  const html = `<meta charset="utf-8"><META content="img-src 'self'" http-equiv='Content-Security-Policy'>
<meta name="x" content="script-src 'none'"><meta http-equiv="content-security-policy" content='script-src &#39;self&#39;'>`
  expect(readPolicies("default-src 'self', script-src *", html)).toEqual([
    "default-src 'self'",
    'script-src *',
    "img-src 'self'",
    "script-src 'self'",
  ])
  expect(readPolicies(null, '<p>')).toEqual([])
})
