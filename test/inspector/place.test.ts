import { expect, test } from 'vitest'
import { endFlag, keepPlace, recallPlace } from '../../src/inspector/place.ts'

test.each(['', '?converge_debug', '?q=cap&converge_debug&converge_test=T1'])(
  "the tab's name keeps the panel's position next to its own content: %j",
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

test('a tab name set by the page is not changed', () => {
  const tab = { name: 'checkout' }
  keepPlace(tab, { isFolded: true, side: 'left' })
  expect(tab.name).toBe('checkout')
})

test('a tab whose inspector was closed loses the flag, and keeps its test code', () => {
  const tab = { name: '?converge_debug&converge_test=T1' }
  keepPlace(tab, { isFolded: true, side: 'left' })
  endFlag(tab)
  expect(tab.name).not.toContain('converge_debug')
  expect(tab.name).toContain('converge_test=T1')
})

test('on a phone the panel starts as a badge, and keeps its later state', () => {
  const phone = (name: string) => ({ name, matchMedia: () => Object({ matches: true }) })
  expect(recallPlace(phone('?converge_debug')).isFolded).toBe(true)
  const tab = phone('?converge_debug')
  keepPlace(tab, { isFolded: false, side: 'right' })
  expect(recallPlace(tab).isFolded).toBe(false)
})
