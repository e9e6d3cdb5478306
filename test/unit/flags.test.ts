import { describe, expect, test } from 'vitest'
import { readFlags } from '../../src/browser/flags.ts'
import { openPage } from './page.ts'

const none = { isDebug: false, testCode: undefined }

function open({ url = 'https://www.shop.test/', referrer = '', name = '', opener = null as unknown, pages = 2 }) {
  const { window } = openPage({ url, referrer })
  Object.defineProperty(window.history, 'length', { value: pages })
  Object.defineProperty(window, 'opener', { value: opener })
  window.name = name
  return window
}

describe('a flag in the URL', () => {
  test.each([
    ['?converge_debug', { ...none, isDebug: true }],
    ['?color=red&converge_debug&size=l', { ...none, isDebug: true }],
    ['?converge_debug=1', { ...none, isDebug: true }],
    ['?converge_test=TEST_1-a', { ...none, testCode: 'TEST_1-a' }],
    [`?converge_test=${'x'.repeat(64)}`, { ...none, testCode: 'x'.repeat(64) }],
    [`?converge_test=${'x'.repeat(65)}`, none],
    ['?xconverge_test=CODE', none],
    ['?converge_tests=CODE', none],
    ['?converge_debugger', none],
    ['?converge_test=a%0Ab', none],
    ['?q=converge_debug', none],
    ['#converge_debug', none],
    ['', none],
  ])('"%s"', (search, flags) => {
    expect(readFlags(open({ url: `https://www.shop.test/${search}`, pages: 1 }))).toEqual(flags)
  })

  test('applies to later pages of the tab, through its name', () => {
    const first = open({ url: 'https://www.shop.test/?converge_test=CODE', pages: 1 })
    readFlags(first)
    expect(readFlags(open({ name: first.name }))).toEqual({ ...none, testCode: 'CODE' })
    expect(readFlags(open({ name: first.name, referrer: 'https://www.shop.test/cart' }))).toMatchObject({
      testCode: 'CODE',
    })
  })
})

test("the inspector's position stays with the flag from page to page", () => {
  const window = open({ name: 'converge_debug&converge_panel=folded-left' })
  expect(readFlags(window)).toEqual({ ...none, isDebug: true })
  expect(window.name).toBe('converge_debug&converge_panel=folded-left')
})

test.each([
  ['a tab opened by another page', { opener: {} }],
  ['a tab opened without an opener', { pages: 1 }],
  ['a page that another site links to', { referrer: 'https://evil.test/' }],
  ['a page that a site with a similar name links to', { referrer: 'https://www.shop.test.evil.test/' }],
])('a tab name that another site may have set is not a flag, and is removed: %s', (_, opening) => {
  for (const name of ['converge_debug', 'converge_test=CODE', 'converge_debug&converge_panel=open-right']) {
    const window = open({ name, ...opening })
    expect(readFlags(window)).toEqual(none)
    expect(window.name).toBe('')
  }
})

test('a tab name set by the shop is kept', () => {
  const window = open({ name: 'checkout' })
  expect(readFlags(window)).toEqual(none)
  expect(window.name).toBe('checkout')
})
