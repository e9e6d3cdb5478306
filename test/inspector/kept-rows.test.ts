import { expect, test } from 'vitest'
import type { Entry } from '../../src/inspector/entry.ts'
import { trackedEntry } from '../../src/inspector/entry.ts'
import { keepRows, recallRows } from '../../src/inspector/kept-rows.ts'
import { pixelId } from '../cases/case.ts'
import { type Call, mapped } from './mapped.ts'

/** A tab at an address, with what its storage holds. */
function openTab(search: string, name = '', stored = new Map<string, string>()) {
  const sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => void stored.set(key, value),
    removeItem: (key) => void stored.delete(key),
  }
  return { stored, window: Object({ name, location: { search }, sessionStorage }) }
}

function row(call: Call): Entry {
  const { result, source } = mapped(call)
  const state = { pixel: 'live', consent: {}, relay: 'off', outbox: 0 } as const
  const context = () => ({ url: '', userAgent: '', consent: {} })
  return trackedEntry(result, source, 1, { pixelId }, state, { context })
}

test('with ?converge_debug the rows are kept for the next page of the tab, also if its URL has no flag', () => {
  const first = openTab('?converge_debug')
  keepRows(first.window, [row({ eventName: 'Viewed Product', properties: { name: 'Cap' } })])
  const [kept] = recallRows(openTab('', '?converge_debug', first.stored).window)
  expect(kept).toMatchObject({ isKept: true, eventName: 'Viewed Product', names: ['ViewContent'], outcome: 'success' })
  expect(kept?.diagnoses.map(({ code }) => code)).toContain('MISSING_CONTENT_ID')
  expect(kept?.deliveries).toEqual({ pixel: 'handed', relay: 'none' })
})

test('without ?converge_debug nothing is stored or read', () => {
  const tab = openTab('?q=cap')
  keepRows(tab.window, [row({ eventName: 'Searched' })])
  expect(tab.stored.size).toBe(0)
  const other = openTab('?converge_debug')
  keepRows(other.window, [row({ eventName: 'Searched' })])
  expect(recallRows(openTab('', '', other.stored).window)).toEqual([])
})

test('stored rows contain no personal data and no properties', () => {
  const { stored, window } = openTab('?converge_debug')
  const properties = {
    id: 'jane@example.com',
    $email: 'jane@example.com',
    note: 'secret',
    $phone_number: '+43 664 1234567',
  }
  keepRows(window, [
    row({ eventName: 'Placed Order', properties, matchKeys: ['email'] }),
    row({ eventName: 'jane@example.com', properties }),
  ])
  const text = [...stored.values()].join()
  expect(text).toContain('Placed Order')
  expect(text).not.toMatch(/jane|664\W*123|secret|[\da-f]{64}/)
})

test('a cleared list leaves nothing, and at most 50 rows are stored', () => {
  const { stored, window } = openTab('?converge_debug')
  keepRows(
    window,
    Array.from({ length: 80 }, (_, i) => row({ eventName: 'Searched', eventID: `e${i}` })),
  )
  expect(recallRows(window).map(({ eventID }) => eventID)).toEqual(Array.from({ length: 50 }, (_, i) => `e${i + 30}`))
  keepRows(window, [])
  expect(stored.size).toBe(0)
})

test.each(['', 'x', 'null', '7', '{}', '[null, 7, {}, []]', '[{"time":1,"outcome":"toString","deliveries":{}}]'])(
  'a stored value that is not a row is skipped: %s',
  (text) => {
    expect(recallRows(openTab('?converge_debug', '', new Map([['converge.inspector', text]])).window)).toEqual([])
  },
)

test('the panel works on a page whose storage throws', () => {
  const window = Object({ name: '', location: { search: '?converge_debug' } })
  expect(() => keepRows(window, [row({ eventName: 'Searched' })])).not.toThrow()
  expect(recallRows(window)).toEqual([])
})
