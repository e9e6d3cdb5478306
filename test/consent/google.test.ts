import { expect, test, vi } from 'vitest'
import { google } from '../../src/consent/google.ts'
import { addScript, type Visit, visit } from './page.ts'

type State = 'granted' | 'denied'

const all = (state: State) => ({ ad_storage: state, ad_user_data: state, analytics_storage: state })

/** What `gtag` pushes. */
function gtag(..._: unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: Google's tags take nothing else for a command
  return arguments
}

const initially = (states: object) => gtag('consent', 'default', states)
const update = (states: object) => gtag('consent', 'update', states)

const withLayer = (...entries: unknown[]) =>
  visit(google, (page) => {
    page.dataLayer = entries
  })

function push({ page }: Visit, ...entries: unknown[]): unknown {
  return Object(page.dataLayer).push(...entries)
}

/** Simulates Google's tags: their own state, and a `push` that wraps the existing one and also receives entries. */
function layGtm({ page }: Pick<Visit, 'page'>, name = 'dataLayer') {
  const codes: Record<string, number> = {}
  const listeners: (() => void)[] = []
  const ics = {
    usedUpdate: false,
    addListener: (_: unknown, listener: () => void) => listeners.push(listener),
    getConsentState: (signal: string) => codes[signal] ?? 0,
  }
  function set(states: object, isUpdate = true) {
    for (const [signal, state] of Object.entries(states)) codes[signal] = state === 'granted' ? 1 : 2
    ics.usedUpdate ||= isUpdate
    for (const listener of listeners) listener()
  }
  page[name] ??= []
  const layer = Object(page[name])
  const { push } = layer
  const processed: unknown[] = []
  layer.push = (...entries: unknown[]) => {
    push.apply(layer, entries)
    processed.push(...entries)
    return true
  }
  page.google_tag_data = { ics }
  page.google_tag_manager = { 'GTM-AB12': { dataLayer: { name } }, [name]: { subscribers: 1 }, pscdl: 'x' }
  return { set, processed, listeners }
}

test.each<[title: string, entries: unknown[], told: string[]]>([
  ['nothing', [], []],
  ['other entries', [{ event: 'gtm.js' }, gtag('js', new Date()), gtag('config', 'G-1'), 'text', null, 7], []],
  ['a default that denies', [initially(all('denied'))], []],
  ['a default that grants everywhere', [initially(all('granted'))], ['marketing + analytics +']],
  ['a default that grants in a region', [initially({ ...all('granted'), region: ['US'] })], []],
  [
    'a default that grants, except in a region',
    [initially(all('granted')), initially({ ...all('denied'), region: ['DE', 'AT'] })],
    [],
  ],
  [
    'the same, with the region first',
    [initially({ ...all('denied'), region: ['DE', 'AT'] }), initially(all('granted'))],
    [],
  ],
  [
    'defaults that differ by region, and an answer',
    [initially(all('granted')), initially({ ...all('denied'), region: ['DE'] }), update(all('granted'))],
    ['marketing + analytics +'],
  ],
  ['an update that grants', [initially(all('denied')), update(all('granted'))], ['marketing + analytics +']],
  ['an update that denies', [initially(all('granted')), update(all('denied'))], ['marketing - analytics -']],
  ['an update without a default', [update(all('denied'))], ['marketing - analytics -']],
  ['a default after the update', [update(all('denied')), initially(all('granted'))], ['marketing - analytics -']],
  ['the last update', [update(all('denied')), update(all('granted'))], ['marketing + analytics +']],
  [
    'an update of ad_storage without ad_user_data',
    [initially(all('denied')), update({ ad_storage: 'granted' })],
    ['marketing - analytics -'],
  ],
  [
    'two updates with one category each',
    [initially(all('denied')), update({ ad_storage: 'granted' }), update({ ad_user_data: 'granted' })],
    ['marketing + analytics -'],
  ],
  [
    'an update of analytics only',
    [initially(all('denied')), update({ analytics_storage: 'granted' })],
    ['marketing - analytics +'],
  ],
  ['an update of other categories', [initially(all('denied')), update({ security_storage: 'granted' })], []],
  ['values that Google does not document', [update({ ad_storage: true, ad_user_data: 'yes' })], []],
  ['an update without states', [gtag('consent', 'update')], []],
  ['an array instead of an arguments object', [['consent', 'update', all('granted')]], ['marketing + analytics +']],
])('entries that are already in the layer are read: %s', (_, entries, told) => {
  expect(withLayer(...entries).told).toEqual(told)
})

test('later entries of the layer are reported, each change once', () => {
  const visited = withLayer(initially(all('denied')))
  push(visited, { event: 'view_item' })
  expect(visited.told).toEqual([])
  push(visited, update(all('granted')))
  push(visited, update(all('granted')))
  push(visited, update({ ad_user_data: 'denied' }), { event: 'x' })
  push(visited, update({ ad_user_data: 'granted' }))
  push(visited, update({ analytics_storage: 'denied' }))
  expect(visited.told).toEqual([
    'marketing + analytics +',
    'marketing - analytics +',
    'marketing + analytics +',
    'marketing + analytics -',
  ])
})

test('a page without a layer gets one, as every Google snippet does', () => {
  const visited = visit(google)
  push(visited, update(all('granted')))
  expect(visited.told).toEqual(['marketing + analytics +'])
})

test("the layer's own push still works", () => {
  const visited = withLayer()
  expect(push(visited, 1, { event: 'a' })).toBe(2)
  expect(Array.from(Object(visited.page.dataLayer))).toEqual([1, { event: 'a' }])
})

test('if Google loads first, its push is called with every entry, and its result is returned', () => {
  let processed: unknown[] = []
  const visited = visit(google, (page) => {
    processed = layGtm({ page }).processed
  })
  const entry = update(all('granted'))
  expect(push(visited, entry, { event: 'a' })).toBe(true)
  expect(processed).toEqual([entry, { event: 'a' }])
  expect(visited.told).toEqual(['marketing + analytics +'])
})

test('if Google loads later, its push is called, and entries are still read', () => {
  const visited = withLayer(initially(all('denied')))
  const { processed } = layGtm(visited)
  const entry = update(all('granted'))
  expect(push(visited, entry)).toBe(true)
  expect(processed).toEqual([entry])
  expect(visited.page.dataLayer).toContain(entry)
  expect(visited.told).toEqual(['marketing + analytics +'])
})

test('if another script replaces our push, the layer is read again after a script has loaded', () => {
  const visited = withLayer()
  const layer = Object(visited.page.dataLayer)
  layer.push = (...entries: unknown[]) => Array.prototype.push.apply(layer, entries)
  push(visited, update(all('denied')))
  visited.scriptLoads()
  expect(visited.told).toEqual(['marketing - analytics -'])
})

test.each<[title: string, prepare: (page: Record<string, unknown>, window: Window) => void]>([
  [
    'by the container',
    (page) => {
      page.google_tag_manager = { 'GTM-AB12': { dataLayer: { name: 'shopLayer' } } }
    },
  ],
  ['by the tag', (_, window) => addScript(window, 'https://www.googletagmanager.com/gtm.js?id=GTM-AB12&l=shopLayer')],
  [
    "by a tag of the shop's own host",
    (_, window) => addScript(window, 'https://t.shop.test/x.js?l=shopLayer&id=G-AB12'),
  ],
])('a layer with another name is found: %s', (_, prepare) => {
  const visited = visit(google, (page) => {
    page.shopLayer = [update(all('denied'))]
    prepare(page, Object(page))
  })
  expect(visited.told).toEqual(['marketing - analytics -'])
  Object(visited.page.shopLayer).push(update(all('granted')))
  expect(visited.told).toEqual(['marketing - analytics -', 'marketing + analytics +'])
  expect(visited.page.dataLayer).toBeUndefined()
})

test('a layer with another name, whose tag loads later, is found then', () => {
  const visited = visit(google)
  visited.page.shopLayer = [update(all('granted'))]
  visited.scriptLoads('https://www.googletagmanager.com/gtag/js?id=G-AB12&l=shopLayer')
  expect(visited.told).toEqual(['marketing + analytics +'])
})

test('for a tag that names no layer the usual one is read', () => {
  const visited = visit(google, (page) => {
    addScript(Object(page), 'https://www.googletagmanager.com/gtag/js?id=G-AB12')
    page.dataLayer = [update(all('granted'))]
  })
  expect(visited.told).toEqual(['marketing + analytics +'])
})

test('consent that a template sets without the layer is reported, each change once', () => {
  const visited = visit(google)
  const { set } = layGtm(visited)
  set(all('denied'), false)
  visited.scriptLoads()
  expect(visited.told).toEqual([])
  set(all('granted'))
  set(all('granted'))
  set({ ad_storage: 'denied' })
  expect(visited.told).toEqual(['marketing + analytics +', 'marketing - analytics +'])
})

test('consent that a template set earlier is read', () => {
  const { told } = visit(google, (page) => {
    layGtm({ page }).set(all('denied'))
  })
  expect(told).toEqual(['marketing - analytics -'])
})

test("Google's own state resolves defaults by region", () => {
  const { told } = visit(google, (page) => {
    page.dataLayer = [initially(all('granted')), initially({ ...all('denied'), region: ['DE'] })]
    layGtm({ page }).set(all('granted'), false)
  })
  expect(told).toEqual(['marketing + analytics +'])
})

test("consent that the layer grants and Google's state denies is never reported as granted", () => {
  const { told } = visit(google, (page) => {
    page.dataLayer = [initially(all('granted'))]
    layGtm({ page }).set(all('denied'))
  })
  expect(told).toEqual(['marketing - analytics -'])
})

test('a layer is followed once, however many scripts load', () => {
  const visited = withLayer()
  const { push } = Object(visited.page.dataLayer)
  visited.scriptLoads()
  expect(Object(visited.page.dataLayer).push).toBe(push)
})

test('a code that Google does not document decides nothing', () => {
  const { told } = visit(google, (page) => {
    page.google_tag_data = { ics: { usedUpdate: true, addListener: () => {}, getConsentState: () => 3 } }
  })
  expect(told).toEqual([])
})

test("Google's own state gets one listener, however many scripts load", () => {
  const visited = visit(google)
  const { listeners } = layGtm(visited)
  visited.scriptLoads()
  visited.scriptLoads()
  expect(listeners).toHaveLength(1)
})

test("a change in both the layer and Google's own state is reported once", () => {
  const visited = withLayer(initially(all('denied')))
  const { set } = layGtm(visited)
  visited.scriptLoads()
  push(visited, update(all('granted')))
  set(all('granted'))
  expect(visited.told).toEqual(['marketing + analytics +'])
})

const throwing = () => {
  throw new Error('no')
}

test.each<[title: string, page: object]>([
  ['a layer that is not a list', { dataLayer: {} }],
  ['a layer that is frozen', { dataLayer: Object.freeze([]) }],
  ['a state without methods', { google_tag_data: { ics: {} } }],
  ['a state that is null', { google_tag_data: null, google_tag_manager: null }],
  ['a state that throws', { google_tag_data: { ics: { addListener: throwing, getConsentState: throwing } } }],
  ['globals that throw', Object.defineProperty({}, 'google_tag_data', { get: throwing })],
  ['containers of any kind', { google_tag_manager: { a: null, b: 7, c: 'x', d: { dataLayer: null } } }],
  [
    'an entry that throws',
    {
      dataLayer: [
        new Proxy([], {
          get: throwing,
        }),
      ],
    },
  ],
])('nothing is thrown into the page: %s', (_, hostile) => {
  const visited = visit(google, (page) => {
    Object.defineProperties(page, Object.getOwnPropertyDescriptors(hostile))
  })
  visited.scriptLoads()
  expect(visited.told).toEqual([])
})

test('a callback that throws does not disturb a push', () => {
  const visited = visit(
    (window) => google(window, throwing),
    (page) => {
      page.dataLayer = []
    },
  )
  expect(push(visited, update(all('granted')))).toBe(1)
})

test('an entry that throws does not disturb a push or its neighbors', () => {
  const thrower = new Proxy([], { get: throwing })
  const visited = withLayer(thrower, update(all('denied')))
  push(visited, thrower, update(all('granted')))
  expect(visited.told).toEqual(['marketing - analytics -', 'marketing + analytics +'])
})

test('nothing runs on an interval or timer', () => {
  const timers = [vi.fn(), vi.fn()]
  const visited = visit(google, (page) => {
    ;[page.setInterval, page.setTimeout] = timers
  })
  visited.scriptLoads()
  for (const timer of timers) expect(timer).not.toHaveBeenCalled()
})
