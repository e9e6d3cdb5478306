import { Window as HappyWindow } from 'happy-dom'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inspect } from '../../src/inspector/inspect.ts'
import type { Config, Converge, ConvergeEvent, News, State, TrackResult } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { type Call, mapped } from './mapped.ts'

let window: Window & typeof globalThis
let frames: (() => void)[]
let said: string[]

beforeEach(() => {
  const happy = new HappyWindow({ url: 'https://www.shop.test/' })
  window = Object(happy)
  frames = []
  said = []
  window.requestAnimationFrame = (task) => frames.push(() => task(0))
  const note = (...parts: unknown[]) => void said.push(parts.map(String).join(' '))
  Object.assign(window.console, { error: note, warn() {}, info() {} })
})
afterEach(() => Object(window).happyDOM.close())

/** Runs what was left for the next frame. */
const paint = () => {
  for (const frame of frames.splice(0)) frame()
}

/** An instance whose events a test emits. */
function instance(context: Partial<ReturnType<Converge['context']>> = {}) {
  const listeners: { [Type in keyof News]: Set<(...news: News[Type]) => void> } = { event: new Set(), state: new Set() }
  const converge: Converge = {
    track: () => mapped({ eventName: '' }).result,
    set() {},
    consent() {},
    context: () => ({ url: 'https://www.shop.test/', userAgent: '', consent: {}, ...context }),
    on(type, listener) {
      listeners[type].add(listener)
      return () => void listeners[type].delete(listener)
    },
  }
  return {
    converge,
    listeners,
    tell(call: Call, change: Partial<TrackResult> = {}, source?: ConvergeEvent): ConvergeEvent {
      const made = mapped(call)
      const event = source ?? made.source
      for (const listener of listeners.event) listener({ ...made.result, ...change }, event)
      return event
    },
    state(state: Partial<State>) {
      for (const listener of listeners.state)
        listener({ pixel: 'live', consent: {}, relay: 'off', outbox: 0, ...state })
    },
  }
}

const open = (config: Partial<Config> = {}) => {
  const source = instance()
  const stop = inspect(source.converge, { pixelId, ...config }, window)
  return { ...source, stop }
}

const root = () => window.document.querySelector('converge-inspector')?.shadowRoot
const all = (selector: string): HTMLElement[] => Array.from(root()?.querySelectorAll<HTMLElement>(selector) ?? [])
const text = (selector: string) => all(selector).map((one) => one.textContent)
const shown = () => all('.entry').filter(({ hidden }) => !hidden)
const click = (selector: string) => all(selector)[0]?.click()

test('nothing is drawn before the next frame, and then all new events are drawn at once', () => {
  const { tell } = open()
  for (let count = 0; count < 20; count++) tell({ eventName: 'Searched', properties: { q: 'cap' } })
  expect(shown()).toHaveLength(0)
  expect(frames).toHaveLength(1)
  paint()
  expect(shown()).toHaveLength(20)
})

test('later results of an event update its row, and add no other', () => {
  const { tell } = open()
  const event = tell({ eventName: 'Searched' })
  paint()
  tell({ eventName: 'Searched' }, { status: 'retry', reason: 'relay_down' }, event)
  paint()
  expect(text('.outcome')).toEqual(['Retry'])
})

test('the time is the time of the call, if the result has it', () => {
  const { tell } = open()
  tell({ eventName: 'Searched' }, { time: new Date(2026, 0, 2, 3, 4, 5).getTime() })
  paint()
  expect(text('.time')).toEqual(['03:04:05'])
})

test('a page view that waits for consent is held for the pixel only, and another event for both channels', () => {
  const { tell, state } = open()
  state({ relay: 'ready' })
  const held: Partial<TrackResult> = { status: 'no_consent', reason: 'undecided', destinationEvents: [] }
  tell({ eventName: '$page_load' }, held)
  tell({ eventName: 'Searched' }, held)
  paint()
  const marks = all('.marks').map((one) => one.textContent)
  expect(marks.sort()).toEqual(['Pixel held', 'Pixel heldRelay held'])
})

test('several TikTok events with the same parameters are compared once, and their problem is shown once', () => {
  const { tell } = open()
  const properties = { id: 1, total_price: 5, currency: 'EUR', items: [{ name: 'Cap' }], $is_new_customer: true }
  tell({ eventName: 'Placed Order', properties, matchKeys: ['email'] })
  paint()
  expect(text('.to')).toEqual(['Purchase, NewCustomerPurchase'])
  click('.row')
  expect(text('.details table caption, .details h3').filter((title) => title?.startsWith('Properties'))).toEqual([
    'Properties and parameters: Purchase, NewCustomerPurchase',
  ])
  expect(text('.faults li .code')).toEqual(['Purchase · MISSING_CONTENT_ID'])
})

test('an opened row shows no email and no phone number, wherever the page put them', () => {
  const { tell } = open()
  const personal = { $email: 'jane@example.com', note: 'jane@example.com', $phone_number: '+43 664 1234567' }
  tell({ eventName: 'Placed Order', properties: { id: 'jane@example.com', ...personal } })
  tell({ eventName: 'jane@example.com', properties: personal })
  paint()
  for (const row of all('.row')) row.click()
  expect(all('.details table')).toHaveLength(2)
  expect(root()?.textContent).not.toMatch(/jane|664\W*123/)
})

test('the panel shows the shares of events and orders that have each match key, once there are events', () => {
  const { tell } = open()
  paint()
  expect(all('.shares').map(({ hidden }) => hidden)).toEqual([true])
  tell({ eventName: 'Searched' })
  tell({ eventName: 'Placed Order', properties: { id: 1 }, matchKeys: ['email'] })
  paint()
  expect(text('.shares')).toEqual([
    expect.stringMatching(/^Match keys of 2 events: email 50 %, .* Match keys of 1 order: email 100 %, /),
  ])
  click('[data-act=clear]')
  paint()
  expect(all('.shares').map(({ hidden }) => hidden)).toEqual([true])
})

test('the content IDs are shown with the mode that chose them', () => {
  const { tell } = open({ contentId: 'sku' })
  const items = [{ sku: 'CAP', variant_id: '1' }, { variant_id: '2' }]
  tell({ eventName: 'Started Checkout', properties: { items }, config: { contentId: 'sku' } })
  paint()
  click('.row')
  expect(root()?.textContent).toContain('Mode sku: always the sku.')
  expect(text('.plain li')).toEqual(['CAP from sku', 'none: sku is missing'])
})

test('the list can be filtered by status, by problems and by name', () => {
  const { tell } = open()
  tell({ eventName: 'Searched', properties: { q: 'cap' } })
  tell({ eventName: 'My Event' })
  tell({ eventName: 'Placed Order', properties: { id: '77' }, matchKeys: ['email'] })
  paint()
  const names = () => shown().map((item) => item.querySelector('.name')?.textContent)
  const by = (filter: string) => click(`[data-filter="${filter}"]`)
  by('skipped')
  expect(names()).toEqual(['My Event'])
  by('fix')
  expect(names()).toEqual(['Placed Order'])
  by('fix') // again: all
  expect(names()).toHaveLength(3)
  for (const [wanted, found] of [
    ['pURCH', 'Placed Order'],
    ['77', 'Placed Order'],
    ['my ev', 'My Event'],
  ]) {
    Object.assign(all('.search')[0] ?? {}, { value: wanted })
    all('.search')[0]?.dispatchEvent(new window.Event('input', { bubbles: true }))
    paint()
    expect(names()).toEqual([found])
  }
  expect(text('.empty')).toEqual([expect.any(String)])
})

test('a screen reader announces new events, but not those before the panel opened or while it is folded', () => {
  const { tell } = open()
  tell({ eventName: 'Searched' })
  paint()
  const heard = () => text('[role=status].unseen')[0]
  expect(heard()).toBe('')
  tell({ eventName: 'My Event' })
  paint()
  expect(heard()).toMatch(/^My Event: Skipped\. Skipped/)
  click('[data-act=fold]')
  tell({ eventName: 'Other Event' })
  paint()
  expect(heard()).toMatch(/^My Event/)
})

test('the list can be cleared, and continues', () => {
  const { tell } = open()
  tell({ eventName: 'Searched' })
  paint()
  click('[data-act=clear]')
  paint()
  expect(shown()).toHaveLength(0)
  tell({ eventName: 'My Event' })
  paint()
  expect(text('.name')).toEqual(['My Event'])
})

test("a change of the pixel's state updates the rows in the list", () => {
  const { tell, state } = open()
  state({ pixel: 'waiting' })
  tell({ eventName: 'Searched' })
  paint()
  expect(text('.marks .dot')).toEqual(['Pixel queued'])
  state({ pixel: 'blocked', pixelCause: 'csp' })
  paint()
  expect(text('.marks .dot')).toEqual(['Pixel blocked'])
  expect(text('.notices p')).toEqual([expect.stringContaining('script-src')])
})

test('two pixels on a page share one panel, and their rows show the pixel', () => {
  const other = 'C4OTHER0000000000002'
  const first = open()
  const second = open({ pixelId: other })
  first.tell({ eventName: 'Searched' })
  second.tell({ eventName: 'Searched' })
  paint()
  expect(window.document.querySelectorAll('converge-inspector')).toHaveLength(1)
  expect(text('.ids')).toEqual([`${pixelId}, ${other}`])
  expect(shown().map((item) => item.textContent?.includes(other))).toEqual([true, false])
  first.stop()
  second.stop()
  expect(root()).toBeUndefined()
  expect([first, second].flatMap(({ listeners }) => [listeners.event.size, listeners.state.size])).toEqual([0, 0, 0, 0])
})

test('the panel returns if a framework removes it, and stays closed if the visitor closes it', async () => {
  const { listeners } = open()
  window.document.querySelector('converge-inspector')?.remove()
  await vi.waitFor(() => expect(root()).toBeTruthy())
  click('[data-act=close]')
  await Promise.resolve()
  expect(root()).toBeUndefined()
  expect(listeners.state.size, 'the console still works').toBe(1)
})

test.each<[what: string, spoil: () => void]>([
  ['constructed style sheets', () => Object.assign(window, { CSSStyleSheet: undefined })],
  ['a PerformanceObserver', () => Object.assign(window, { PerformanceObserver: undefined })],
  ['a popover', () => Object.assign(window.HTMLElement.prototype, { showPopover: undefined })],
])('the panel works in a browser without %s', (_, spoil) => {
  spoil()
  const { tell } = open()
  tell({ eventName: 'Searched' })
  paint()
  expect(text('.name')).toEqual(['Searched'])
  expect(said).toEqual([])
})

test('an error in the panel is logged, and never thrown into the page', () => {
  const { tell } = open()
  tell({ eventName: 'Searched' })
  const { document } = window
  const { createElement } = document
  Object.assign(document, {
    createElement() {
      throw new Error('broken')
    },
  })
  expect(paint).not.toThrow()
  expect(said).toEqual(['Error: broken'])
  Object.assign(document, { createElement })
  tell({ eventName: 'My Event' })
  paint()
  expect(text('.name')).toEqual(['My Event', 'Searched'])
})

test('without a pixel ID the panel opens and explains how to set one, until a pixel is named', () => {
  inspect(undefined, {}, window)
  paint()
  expect(text('.facts dd')).toEqual(['no pixel ID'])
  expect(text('.notices p')).toEqual([expect.stringContaining('data-pixel-id')])
  const { state } = open()
  state({ pixel: 'live' })
  paint()
  expect(text('.facts dd')[0]).toBe('loaded')
  expect(text('.notices p')).toEqual([])
  expect(said).toEqual([])
})

test('a success with a waiting pixel is not shown as a plain success', () => {
  const { tell, state } = open()
  state({ pixel: 'waiting' })
  tell({ eventName: 'Searched' })
  paint()
  expect(text('.outcome')).toEqual(['Success, pixel waiting'])
  expect(text('.why')).toEqual([expect.stringMatching(/^Queued for the pixel/)])
  state({ pixel: 'live' })
  paint()
  expect(text('.outcome')).toEqual(['Success'])
})

test('with ?converge_debug, rows of an earlier page are shown below the new ones until the panel is closed', () => {
  window.name = '?converge_debug'
  const first = open()
  first.tell({ eventName: 'Viewed Product', properties: { name: 'Cap' } })
  paint()
  first.stop()
  const second = open()
  second.tell({ eventName: 'Searched' })
  paint()
  expect(text('.name')).toEqual(['Searched', 'Viewed Product'])
  all('.row')[1]?.click()
  expect(text('.details .label').at(-1)).toMatch(/^From an earlier page/)
  click('[data-act=close]')
  expect(window.sessionStorage.getItem('converge.inspector')).toBeNull()
  expect(said).toEqual([])
})
