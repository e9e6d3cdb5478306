import { readFileSync } from 'node:fs'
import { createContext, runInContext } from 'node:vm'
import { Window as HappyWindow } from 'happy-dom'
import { expect, test, vi } from 'vitest'
import { pixelId } from '../cases/case.ts'

const script = readFileSync(new URL('../../dist/converge.js', import.meta.url), 'utf8')

/** A page in which the script has run, with the globals that came by it. */
function runScript(tag: string) {
  const { document, Document, location, navigator, localStorage, history } = new HappyWindow({
    url: 'https://www.shop.test/',
  })
  document.head.innerHTML = tag
  const console = { error: vi.fn() }
  const parts = {
    document,
    Document,
    location,
    navigator,
    localStorage,
    history,
    TextEncoder,
    crypto: globalThis.crypto,
    setTimeout: vi.fn(),
    addEventListener: vi.fn(),
  }
  const page = Object({ ...parts, name: '', console })
  page.window = page
  createContext(page)
  const before = Object.keys(page)
  runInContext(script, page)
  const globals = () => Object.keys(page).filter((name) => !before.includes(name))
  return { page, globals, console }
}

test('the script adds only the globals converge, cvg, ttq and TiktokAnalyticsObject', () => {
  const { page, globals, console } = runScript(`<script data-pixel-id="${pixelId}" data-content-id="sku"></script>`)
  const { destinationEvents } = page.converge.track('Viewed Product', { product_id: 'P1', sku: 'S1' })
  expect(destinationEvents[0].parameters.contents[0].content_id).toBe('S1')
  expect(globals().sort()).toEqual(['TiktokAnalyticsObject', 'converge', 'cvg', 'ttq'])
  expect(console.error).not.toHaveBeenCalled()
})

test('without a pixel ID the script adds only converge and cvg, and logs nothing', () => {
  const { globals, console } = runScript('')
  expect(globals()).toEqual(['converge', 'cvg'])
  expect(console.error).not.toHaveBeenCalled()
})

test('a wrong pixel ID logs one console.error, and throws nothing', () => {
  const { page, globals, console } = runScript('<script data-pixel-id="G-1"></script>')
  expect(console.error).toHaveBeenCalledOnce()
  expect(page.converge.track('Searched')).toBeUndefined()
  expect(globals()).toEqual(['converge', 'cvg'])
})

test('the minified script also reads a symbol as its text', () => {
  const { page, console } = runScript(`<script data-pixel-id="${pixelId}"></script>`)
  const { destinationEvents } = page.converge.track('Searched', { query: Symbol('shoes') })
  expect(destinationEvents[0].parameters.query).toBe('Symbol(shoes)')
  page.converge.init({ pixelId, consent: Symbol('require') })
  const [error] = console.error.mock.calls[0] ?? []
  expect(String(error)).toContain('consent is symbol, not one of always, always_server, implied, require')
})
