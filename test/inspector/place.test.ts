import { expect, test } from 'vitest'
import { endFlag, keepPlace, recallPlace } from '../../src/inspector/place.ts'

test.each(['', '?converge_debug', '?q=cap&converge_debug&converge_test=T1'])(
  'the tab’s name keeps the place beside what it held: %j',
  (name) => {
    const tab = { name }
    expect(recallPlace(tab)).toEqual({ isFolded: false, side: 'right' })
    keepPlace(tab, { isFolded: true, side: 'left' })
    keepPlace(tab, { isFolded: true, side: 'right' })
    expect(recallPlace(tab)).toEqual({ isFolded: true, side: 'right' })
    expect(tab.name.startsWith(name)).toBe(true)
    expect(tab.name.match(/converge_panel/g)).toHaveLength(1)
  },
)

test('a name that the page has given its tab is left alone', () => {
  const tab = { name: 'checkout' }
  keepPlace(tab, { isFolded: true, side: 'left' })
  expect(tab.name).toBe('checkout')
})

test('a tab whose inspector was closed has no flag any more, and keeps its test code', () => {
  const tab = { name: '?converge_debug&converge_test=T1' }
  keepPlace(tab, { isFolded: true, side: 'left' })
  endFlag(tab)
  expect(tab.name).not.toContain('converge_debug')
  expect(tab.name).toContain('converge_test=T1')
})

test('on a phone the panel begins as a badge, and stays as it was put', () => {
  const phone = (name: string) => ({ name, matchMedia: () => Object({ matches: true }) })
  expect(recallPlace(phone('?converge_debug')).isFolded).toBe(true)
  const tab = phone('?converge_debug')
  keepPlace(tab, { isFolded: false, side: 'right' })
  expect(recallPlace(tab).isFolded).toBe(false)
})
