// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fillWindowConverge } from '../../src/browser/window-converge.ts'
import { fillWindowCvg } from '../../src/browser/window-cvg.ts'
import type { Config, ConvergeGlobal } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { noParts, openPage, type Page, tracked } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Our script, which comes once more into a page where it is already. */
function bringScript(page: Page, config: Partial<Config> = {}): Partial<ConvergeGlobal> {
  page.window.converge ||= {}
  fillWindowConverge(page.window, page.window.converge, { config: { pixelId, ...config } }, noParts)
  fillWindowCvg(page.window, page.window.converge)
  return page.window.converge
}

/** Converge's stub, as its documents describe it: it queues its `arguments`, and passes them on once `process` is there. */
function layStub(
  page: Page,
  pass: (process: (...given: unknown[]) => void, given: IArguments) => void = passCall,
): void {
  const { window } = page
  if (window.cvg) return
  function cvg(..._: unknown[]) {
    const { process, queue } = Object(window.cvg)
    // biome-ignore lint/complexity/noArguments: this is what Converge's stub queues
    if (process) pass(process, arguments)
    // biome-ignore lint/complexity/noArguments: the same
    else queue.push(arguments)
  }
  window.cvg = Object.assign(cvg, { queue: [] })
}

const passCall = (process: (...given: unknown[]) => void, given: IArguments) => process(...given)
const passArguments = (process: (...given: unknown[]) => void, given: IArguments) => process(given)

const search = (eventID: string) => ({ method: 'track', eventName: 'Searched', properties: { q: 'cap' }, eventID })
const idsOf = (page: Page) => tracked(page).map(([, , , options]) => Object(options).event_id)

describe.each([
  ['with the call', passCall],
  ['with its arguments', passArguments],
])('if the stub calls process %s', (_, pass) => {
  test('queued calls are sent first, then later ones', () => {
    const page = openPage()
    layStub(page, pass)
    page.window.cvg?.(search('1'))
    page.window.cvg?.(search('2'))
    bringScript(page)
    page.window.cvg?.(search('3'))
    expect(idsOf(page)).toEqual(['1', '2', '3'])
  })

  test('the script may load before the stub', () => {
    const page = openPage()
    bringScript(page)
    layStub(page, pass)
    page.window.cvg?.(search('1'))
    expect(idsOf(page)).toEqual(['1'])
  })

  test('two stubs and two scripts send once', () => {
    const page = openPage()
    layStub(page, pass)
    page.window.cvg?.(search('1'))
    bringScript(page)
    layStub(page, pass)
    bringScript(page)
    page.window.cvg?.(search('2'))
    expect(idsOf(page)).toEqual(['1', '2'])
  })
})

test('two snippets on one page send one page load', () => {
  const page = openPage()
  for (const _ of ['theme', 'plugin']) {
    layStub(page)
    page.window.cvg?.({ method: 'track', eventName: '$page_load' })
  }
  bringScript(page)
  expect(tracked(page).map(([, event]) => event)).toEqual(['Pageview'])
})

test("cvg.process is a function, as Converge's library has it", () => {
  const page = openPage()
  layStub(page)
  expect(page.window.cvg?.process).toBeUndefined()
  bringScript(page)
  expect(page.window.cvg?.process).toBeTypeOf('function')
})

test('a kept reference to the stub works', () => {
  const page = openPage()
  layStub(page)
  const { cvg } = page.window
  bringScript(page)
  expect(page.window.cvg).toBe(cvg)
  cvg?.(search('1'))
  expect(idsOf(page)).toEqual(['1'])
})

test('a real Converge library and its queue are not touched', () => {
  const page = openPage()
  const process = vi.fn()
  const queue = [[search('1')]]
  const cvg = Object.assign(vi.fn(), { process, queue })
  page.window.cvg = cvg
  bringScript(page)
  expect(page.window.cvg).toBe(cvg)
  expect(cvg.process).toBe(process)
  expect(cvg.queue).toEqual([[search('1')]])
  expect(tracked(page)).toEqual([])
  expect(process).not.toHaveBeenCalled()
})

test('calls wait until a pixel is named', () => {
  const page = openPage()
  layStub(page)
  page.window.cvg?.(search('1'))
  page.window.converge = {}
  fillWindowConverge(page.window, page.window.converge, { config: {} }, noParts)
  fillWindowCvg(page.window, page.window.converge)
  page.window.cvg?.(search('2'))
  expect(tracked(page)).toEqual([])
  page.window.converge.init?.({ pixelId })
  expect(idsOf(page)).toEqual(['1', '2'])
})

const thrower = () => {
  throw new Error('from the page')
}
const wall = new Proxy({}, { get: thrower, ownKeys: thrower, has: thrower })

test.each<[title: string, call: unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a number', 7],
  ['text', 'track'],
  ['an empty list', []],
  ['a function', () => {}],
  ['no method', { eventName: 'Searched' }],
  ['a method that is a symbol', { method: Symbol('track') }],
  ['an unreadable method', { method: { toString: thrower } }],
  ['a method without a prototype', { method: Object.create(null) }],
  [
    'a getter that throws',
    {
      method: 'track',
      get properties() {
        return thrower()
      },
    },
  ],
  ['a proxy that throws', wall],
  ['track without a name', { method: 'track' }],
  ['track with a name that throws', { method: 'track', eventName: { toString: thrower } }],
  ['options that throw', { method: 'track', eventName: 'Searched', profileProperties: wall, aliases: wall }],
  ['set without an argument', { method: 'set' }],
  ['set with any value', { method: 'set', eventProperties: 7, profileProperties: 'x', aliases: {} }],
  ['consent with any value', { method: 'consent', analytics: 7, marketing: null }],
  ['link_domain without an argument', { method: 'link_domain' }],
  ['link_domain with an unreadable domain', { method: 'link_domain', domain: Object.create(null) }],
])('an invalid call (%s) never throws, and its neighbors are sent, queued or not', (_, call) => {
  const page = openPage()
  layStub(page)
  page.window.cvg?.(call)
  page.window.cvg?.(search('1'))
  expect(() => bringScript(page)).not.toThrow()
  expect(() => page.window.cvg?.(call)).not.toThrow()
  page.window.cvg?.(search('2'))
  expect(idsOf(page)).toEqual(expect.arrayContaining(['1', '2']))
})

test.each([null, 7, 'x'])('a queue entry that is not an arguments object is skipped: %s', (entry) => {
  const page = openPage()
  layStub(page)
  Object(page.window.cvg).queue.push(entry)
  page.window.cvg?.(search('1'))
  bringScript(page)
  expect(idsOf(page)).toEqual(['1'])
})

describe('link_domain', () => {
  /** Where a click on a link leads. */
  function click(
    href: string,
    { config = {}, fields = { domain: 'other.test' } }: { config?: Partial<Config>; fields?: object } = {},
  ) {
    const page = openPage({ url: 'https://www.shop.test/?ttclid=E.C.P.1' })
    const { document, MouseEvent } = page.window
    bringScript(page, config)
    page.window.cvg?.({ method: 'link_domain', ...fields })
    document.body.innerHTML = `<a><b>Buy</b></a>`
    const link = document.querySelector('a')
    link?.setAttribute('href', href)
    const faults: unknown[] = []
    page.window.addEventListener('error', ({ message }) => faults.push(message))
    document.querySelector('b')?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))
    expect(faults).toEqual([])
    return link?.getAttribute('href')
  }

  test.each([
    ['https://other.test/cart', 'https://other.test/cart?ttclid=E.C.P.1'],
    ['https://pay.other.test/cart?a=1%20b&c#pay', 'https://pay.other.test/cart?ttclid=E.C.P.1&a=1%20b&c#pay'],
    ['https://other.test/?ttclid=old', 'https://other.test/?ttclid=E.C.P.1'],
  ])('adds the click ID to links to the domain: %s', (href, followed) => {
    expect(click(href)).toBe(followed)
  })

  test.each(['https://another.test/cart', 'https://other.test.evil.test/', '/cart', 'mailto:shop@other.test', '#top'])(
    'does not change other links: %s',
    (href) => {
      expect(click(href)).toBe(href)
    },
  )

  test.each(['http://', 'https://:443/', '//['])('does not change an invalid link, and does not throw: %s', (href) => {
    expect(click(href)).toBe(href)
  })

  test('accepts several domains', () => {
    const fields = { domains: ['x.test', 'other.test'] }
    expect(click('https://other.test/', { fields })).toBe('https://other.test/?ttclid=E.C.P.1')
  })

  test('adds nothing before consent', () => {
    expect(click('https://other.test/', { config: { consent: 'require' } })).toBe('https://other.test/')
  })
})
