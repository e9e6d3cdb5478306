import { expect, test, vi } from 'vitest'
import { startConverge } from '../../src/browser/start.ts'
import { pixelId } from '../cases/case.ts'
import { openPage } from './page.ts'

/** What the console says when pixels start in a page. */
function startAt(url: string): string[] {
  const info = vi.spyOn(console, 'info').mockImplementation(() => {})
  const { window } = openPage({ url })
  const loadPart = async () => ({ start() {} })
  for (const id of [pixelId, 'CJQBODJC77UB4MRTGFR2']) startConverge({ pixelId: id }, window, loadPart)
  const lines = info.mock.calls.map(String)
  info.mockRestore()
  return lines
}

test('on localhost the console explains once per page how to open the inspector', () => {
  expect(startAt('http://localhost:3000/caps')).toEqual(['converge-tiktok: ?converge_debug opens the inspector'])
})

test.each(['https://www.shop.example/', 'https://localhost.shop.example/', 'http://127.0.0.1/'])(
  'the console prints no hint on %s',
  (url) => expect(startAt(url)).toEqual([]),
)

test('on localhost the console omits the hint if ?converge_debug opened the inspector', () => {
  expect(startAt('http://localhost/?converge_debug')).toEqual([])
})
