import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fillWindowConverge } from '../../src/browser/window-converge.ts'
import type { ConvergeGlobal, QueuedCall } from '../../src/types.ts'
import { need } from './build.ts'
import { noParts, openPage, type Page, tracked } from './page.ts'

let page: Page

const fill = (converge: Partial<ConvergeGlobal>, tagConfig: { pixelId?: string }) =>
  fillWindowConverge(page.window, converge, { config: tagConfig }, noParts)

type PageGlobal = Partial<ConvergeGlobal>

let pixels = 0
const newPixelId = () => `PIXEL${String(++pixels).padStart(15, '0')}`

const error = vi.spyOn(console, 'error').mockReturnValue()

beforeEach(() => {
  vi.useFakeTimers()
  error.mockClear()
  page = openPage()
})
afterEach(() => vi.useRealTimers())

/** The stub, as the README has it: its methods queue what they are given. */
function layStub(converge: PageGlobal = {}): PageGlobal {
  const q: ConvergeGlobal['q'] = converge.q ?? []
  const queue =
    (name: string) =>
    (...parameters: unknown[]) =>
      q.push([name, ...parameters])
  return Object.assign(converge, {
    q,
    ...Object.fromEntries(methods.map((name) => [name, converge[name] ?? queue(name)])),
  })
}

const methods = ['init', 'track', 'set', 'consent', 'on'] as const

/** The calls in `ttq`: TikTok's event, its event_id and its pixel. */
function sent(): unknown[][] {
  return tracked(page).map(([, event, , options]) => [event, Object(options).event_id, Object(options).pixel_code])
}

test('queued calls of the stub are sent in order once the script has loaded', () => {
  const pixelId = newPixelId()
  const converge = layStub()
  converge.track?.('$page_load', {}, { eventID: '1' })
  converge.track?.('Searched', { q: 'cap' }, { eventID: '2' })
  fill(converge, { pixelId })
  converge.track?.('Subscribed To Newsletter', {}, { eventID: '3' })
  expect(sent()).toEqual([
    ['Pageview', '1', pixelId],
    ['Search', '2', pixelId],
    ['CompleteRegistration', '3', pixelId],
  ])
})

test('arguments objects in the queue are calls', () => {
  const pixelId = newPixelId()
  const q: QueuedCall[] = []
  function track(..._: unknown[]) {
    // biome-ignore lint/complexity/noArguments: pages that are older than rest parameters queue these
    q.push(Object(arguments))
  }
  track('track', 'Searched', { q: 'cap' }, { eventID: '1' })
  fill({ q }, { pixelId })
  expect(sent()).toEqual([['Search', '1', pixelId]])
})

test("the stub's own object becomes the API, so that a kept reference works", () => {
  const pixelId = newPixelId()
  const converge = layStub()
  const { q } = converge
  fill(converge, { pixelId })
  expect(converge.q).not.toBe(q)
  expect(converge.track?.('Searched', { q: 'cap' })).toMatchObject({ status: 'success' })
})

test('works with an empty object instead of a stub', () => {
  const pixelId = newPixelId()
  const converge: PageGlobal = {}
  fill(converge, { pixelId })
  expect(converge.track?.('Searched')).toMatchObject({ status: 'success' })
  converge.q?.push(['track', 'Searched', {}, { eventID: '2' }])
  expect(sent()).toHaveLength(2)
})

test('a stub that runs after the script does not replace the API', () => {
  const pixelId = newPixelId()
  const converge: PageGlobal = {}
  fill(converge, { pixelId })
  const { track } = converge
  layStub(converge)
  expect(converge.track).toBe(track)
  expect(converge.track?.('Searched')).toMatchObject({ status: 'success' })
})

test('loading the script twice sends once', () => {
  const pixelId = newPixelId()
  const converge = layStub()
  converge.track?.('$page_load', {}, { eventID: '1' })
  fill(converge, { pixelId })
  fill(converge, { pixelId })
  converge.track?.('Searched', {}, { eventID: '2' })
  expect(sent()).toEqual([
    ['Pageview', '1', pixelId],
    ['Search', '2', pixelId],
  ])
  expect(error).not.toHaveBeenCalled()
})

test('with two scripts of two pixels each call goes to both, and the first one returns the result', () => {
  const [first, second] = [newPixelId(), newPixelId()]
  const converge: PageGlobal = {}
  fill(converge, { pixelId: first })
  fill(converge, { pixelId: second })
  const answer = converge.track?.('Searched', {}, { eventID: '1' })
  expect(sent()).toEqual([
    ['Search', '1', first],
    ['Search', '1', second],
  ])
  expect(answer?.destinationEvents).toHaveLength(1)
})

test("a pixel added later gets the visitor's decision and identity, and no earlier event", () => {
  const [first, second] = [newPixelId(), newPixelId()]
  const converge = layStub()
  const heard = vi.fn()
  converge.consent?.({ marketing: 'denied' })
  converge.on?.('event', heard)
  converge.track?.('Searched', {}, { eventID: '1' })
  converge.init?.({ pixelId: first, consent: 'implied' })
  converge.init?.({ pixelId: second, consent: 'implied' })
  fill(converge, {})
  expect(sent()).toEqual([])
  converge.track?.('Searched', {}, { eventID: '2' })
  expect(sent()).toEqual([])
  expect(heard.mock.calls.map(([{ eventID, reason }]) => [eventID, reason])).toEqual([
    ['1', 'denied'],
    ['2', 'denied'],
    ['2', 'denied'],
  ])
})

test('the consent mode of a later pixel applies to both, and so does a decision made in between', () => {
  const converge: PageGlobal = {}
  fill(converge, { pixelId: newPixelId() })
  converge.consent?.({ marketing: 'denied' })
  expect(converge.track?.('Searched', {}, { eventID: '1' })).toMatchObject({ status: 'success' })
  converge.init?.({ pixelId: newPixelId(), consent: 'implied' })
  expect(converge.track?.('Searched', {}, { eventID: '2' })).toMatchObject({ status: 'no_consent', reason: 'denied' })
  expect(sent().map(([, id]) => id)).toEqual(['1'])
  expect(error.mock.calls).toEqual([[expect.stringContaining('consent of pixel')]])
})

test('a call from a listener during the queue is handled once, before the rest of the queue', () => {
  const converge = layStub()
  converge.on?.('state', ({ consent }) => {
    if (!consent.marketing) converge.consent?.({ marketing: 'granted' })
  })
  converge.consent?.({ marketing: 'denied' })
  fill(converge, { pixelId: newPixelId() })
  expect(converge.context?.()?.consent.marketing).toBe('denied')
})

test('calls before any pixel ID wait for init, and return nothing', () => {
  const pixelId = newPixelId()
  const converge = layStub()
  const heard = vi.fn()
  converge.on?.('event', heard)
  fill(converge, {})
  expect(converge.track?.('$page_load', {}, { eventID: '1' })).toBeUndefined()
  expect(sent()).toEqual([])
  converge.init?.({ pixelId })
  expect(sent()).toEqual([['Pageview', '1', pixelId]])
  expect(heard).toHaveBeenCalledOnce()
  converge.init?.({ pixelId })
  expect(sent()).toHaveLength(1)
})

test("init's config is merged over the tag's attributes", () => {
  const pixelId = newPixelId()
  need('mapping')
  const converge = layStub()
  converge.init?.({ mapping: { events: { Searched: 'Lead' } } })
  fill(converge, Object.assign({ pixelId }, { contentId: 'sku' }))
  const item = { product_id: 'P1', sku: 'S1' }
  expect(converge.track?.('Viewed Product', item)?.destinationEvents[0]?.parameters.contents?.[0]?.content_id).toBe(
    'S1',
  )
  expect(converge.track?.('Searched')?.destinationEvents[0]?.event).toBe('Lead')
})

test("the page's init replaces the tag's, so that earlier calls use only its config", () => {
  const [tagged, named] = [newPixelId(), newPixelId()]
  const converge = layStub()
  converge.track?.('Searched', {}, { eventID: '1' })
  converge.init?.({ pixelId: named })
  fill(converge, { pixelId: tagged })
  expect(sent()).toEqual([['Search', '1', named]])
})

test("if the page's init is refused, the tag does not start without its filters", () => {
  const converge = layStub()
  converge.init?.({ contentId: Object('SKU') })
  converge.track?.('Searched', {}, { eventID: '1' })
  fill(converge, { pixelId: newPixelId() })
  expect(error).toHaveBeenCalledOnce()
  expect(sent()).toEqual([])
})

test('a script without a pixel ID logs nothing when it is loaded twice', () => {
  const converge: PageGlobal = {}
  fill(converge, {})
  fill(converge, {})
  expect(error).not.toHaveBeenCalled()
})

test('a bad config logs one console.error, and a later valid one loses no call', () => {
  const pixelId = newPixelId()
  const converge = layStub()
  converge.init?.({ pixelId: 'short' })
  converge.track?.('$page_load', {}, { eventID: '1' })
  fill(converge, {})
  expect(error.mock.calls).toEqual([
    [expect.objectContaining({ message: expect.stringContaining('pixelId is "short"') })],
  ])
  converge.track?.('Searched', {}, { eventID: '2' })
  converge.init?.({ pixelId })
  expect(sent()).toEqual([
    ['Pageview', '1', pixelId],
    ['Search', '2', pixelId],
  ])
  expect(error).toHaveBeenCalledOnce()
})

test('a bad pixel ID on the tag logs one console.error, and throws nothing into the page', () => {
  fill({}, { pixelId: 'G-123' })
  expect(error.mock.calls).toEqual([
    [expect.objectContaining({ message: expect.stringContaining('pixelId is "G-123"') })],
  ])
})

test.each<[title: string, entry: unknown]>([
  ['null', null],
  ['a number', 7],
  ['an object', { method: 'track' }],
  [
    'a name that throws',
    [
      {
        toString: () => {
          throw new Error('no')
        },
      },
    ],
  ],
])('an invalid queue entry logs one console.error, and its neighbors are sent: %s', (_, entry) => {
  const pixelId = newPixelId()
  const call = (eventID: string) => ['track', 'Searched', {}, { eventID }]
  fill({ q: Object([['init', { pixelId }], call('1'), entry, call('2')]) }, {})
  expect(sent().map(([, id]) => id)).toEqual(['1', '2'])
  expect(error).toHaveBeenCalledOnce()
})

test.each(['trak', 'constructor', '__proto__', ''])(
  'an unknown method logs one console.error with the known methods: "%s"',
  (name) => {
    const pixelId = newPixelId()
    const call = ['track', 'Searched', {}, { eventID: '1' }]
    fill({ q: Object([['init', { pixelId }], [name, {}], call]) }, {})
    expect(sent()).toEqual([['Search', '1', pixelId]])
    expect(error.mock.calls).toEqual([[expect.stringContaining(`unknown method "${name}". Use init, track, set`)]])
  },
)
