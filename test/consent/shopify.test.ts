import { expect, test, vi } from 'vitest'
import { shopify } from '../../src/consent/shopify.ts'
import { type Visit, visit } from './page.ts'

interface Knows {
  marketing?: string
  sale_of_data?: string
  marketingAllowed?: boolean
  saleOfDataAllowed?: boolean
  thirdPartyMarketingAllowed?: boolean
  analyticsProcessingAllowed?: boolean
}

/** The API as Shopify serves it: methods that need their object. */
function customerPrivacy({ marketing = '', sale_of_data = '', ...allowed }: Knows) {
  const api = { currentVisitorConsent: () => ({ marketing, sale_of_data }) }
  for (const [name, value] of Object.entries(allowed)) {
    Reflect.set(api, name, function (this: unknown) {
      if (this !== api) throw new TypeError('Illegal invocation')
      return value
    })
  }
  return api
}

const granted: Knows = {
  marketing: 'yes',
  marketingAllowed: true,
  saleOfDataAllowed: true,
  analyticsProcessingAllowed: true,
}
const denied: Knows = { marketing: 'no', marketingAllowed: false, saleOfDataAllowed: true }
const undecided: Knows = { marketing: '', marketingAllowed: false, saleOfDataAllowed: true }

function collect({ window }: Visit, detail?: object): void {
  const { CustomEvent } = Object(window)
  window.document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail }))
}

function announce({ window }: Visit, type: string): void {
  window.document.dispatchEvent(new (Object(window).Event)(type))
}

const loaded = (knows: Knows) =>
  visit(shopify, (page) => {
    page.Shopify = { customerPrivacy: customerPrivacy(knows) }
  })

test.each<[title: string, knows: Knows, told: string[]]>([
  ['everything granted', granted, ['marketing + analytics +']],
  ['everything denied', denied, ['marketing - analytics -']],
  ['only marketing denied', { ...denied, analyticsProcessingAllowed: true }, ['marketing - analytics +']],
  ['only marketing granted', { ...granted, analyticsProcessingAllowed: false }, ['marketing + analytics -']],
  ['no answer where one is required', undecided, []],
  ['no answer, and no value for it', { marketingAllowed: false }, []],
  ['no answer where none is required', { ...granted, marketing: '' }, ['marketing + analytics +']],
  ['marketing without sale of data', { ...granted, saleOfDataAllowed: false }, ['marketing - analytics +']],
  [
    'marketing, with no answer about sale of data',
    { marketing: 'yes', marketingAllowed: true },
    ['marketing - analytics -'],
  ],
  [
    'only an opt-out of sale of data',
    { marketing: '', sale_of_data: 'no', marketingAllowed: true, saleOfDataAllowed: false },
    ['marketing - analytics -'],
  ],
  ['Hydrogen: third parties allowed', { ...denied, thirdPartyMarketingAllowed: true }, ['marketing + analytics -']],
  [
    'Hydrogen: third parties not allowed',
    { ...granted, thirdPartyMarketingAllowed: false },
    ['marketing - analytics +'],
  ],
  ['Hydrogen: no answer', { ...granted, marketing: '', thirdPartyMarketingAllowed: false }, []],
])('an API that is already loaded is read: %s', (_, knows, told) => {
  expect(loaded(knows).told).toEqual(told)
})

test.each<[title: string, detail: object | undefined, told: string[]]>([
  ['granted', { marketingAllowed: true, saleOfDataAllowed: true, analyticsAllowed: true }, ['marketing + analytics +']],
  ['denied', { marketingAllowed: false, saleOfDataAllowed: true }, ['marketing - analytics -']],
  ['without sale of data', { marketingAllowed: true, saleOfDataAllowed: false }, ['marketing - analytics -']],
  [
    'Hydrogen, granted',
    { marketingAllowed: false, saleOfDataAllowed: false, thirdPartyMarketingAllowed: true },
    ['marketing + analytics -'],
  ],
  [
    'Hydrogen, denied',
    { marketingAllowed: true, saleOfDataAllowed: true, thirdPartyMarketingAllowed: false },
    ['marketing - analytics -'],
  ],
  ['an event without details', undefined, []],
])('a later decision is reported: %s', (_, detail, told) => {
  const visit = loaded(undecided)
  collect(visit, detail)
  expect(visit.told).toEqual(told)
})

test('each change is reported, and no decision twice', () => {
  const visit = loaded(granted)
  const yes = { marketingAllowed: true, saleOfDataAllowed: true, analyticsAllowed: true }
  collect(visit, yes)
  collect(visit, { ...yes, marketingAllowed: false })
  collect(visit, { ...yes, marketingAllowed: false })
  collect(visit, yes)
  expect(visit.told).toEqual(['marketing + analytics +', 'marketing - analytics +', 'marketing + analytics +'])
})

test('an API that is not loaded yet is requested once, and read after it has loaded', () => {
  const loadFeatures = vi.fn()
  const visited = visit(shopify, (page) => {
    page.Shopify = { loadFeatures }
  })
  visited.scriptLoads()
  announce(visited, 'shopifyCustomerPrivacyApiLoaded')
  expect(loadFeatures.mock.calls).toEqual([[[{ name: 'consent-tracking-api', version: '0.1' }], expect.any(Function)]])
  expect(visited.told).toEqual([])
  Object(visited.page.Shopify).customerPrivacy = customerPrivacy(granted)
  loadFeatures.mock.lastCall?.[1]()
  expect(visited.told).toEqual(['marketing + analytics +'])
})

test('an API that fails to load has decided nothing', () => {
  const { told } = visit(shopify, (page) => {
    page.Shopify = {
      loadFeatures: (_: unknown, callback: (error: Error) => void) => callback(new Error('404')),
    }
  })
  expect(told).toEqual([])
})

test.each(['shopifyCustomerPrivacyApiLoaded', 'consentTrackingApiLoaded'])(
  "Shopify's API announces that it has loaded: %s",
  (type) => {
    const visited = visit(shopify)
    expect(visited.told).toEqual([])
    visited.page.Shopify = { customerPrivacy: customerPrivacy(granted) }
    announce(visited, type)
    expect(visited.told).toEqual(['marketing + analytics +'])
  },
)

test('an API that loads later without an event is found when its script has loaded', () => {
  const visited = visit(shopify)
  visited.scriptLoads()
  visited.page.Shopify = { customerPrivacy: customerPrivacy(denied) }
  visited.scriptLoads()
  visited.scriptLoads()
  expect(visited.told).toEqual(['marketing - analytics -'])
})

test('a page without Shopify decides nothing until the visitor does', () => {
  const visited = visit(shopify)
  visited.scriptLoads()
  announce(visited, 'shopifyCustomerPrivacyApiLoaded')
  expect(visited.told).toEqual([])
  collect(visited, { marketingAllowed: true, saleOfDataAllowed: true })
  expect(visited.told).toEqual(['marketing + analytics -'])
})

const throwing = () => {
  throw new Error('not ready')
}

test.each<[title: string, Shopify: unknown]>([
  ['null', null],
  ['text', 'myshop'],
  ['an empty object', {}],
  ['no API yet', { customerPrivacy: null }],
  ['an API without methods', { customerPrivacy: {} }],
  ['methods that throw', { customerPrivacy: { marketingAllowed: throwing } }],
  ['loadFeatures that throws', { loadFeatures: throwing }],
  ['properties that are not methods', { customerPrivacy: { marketingAllowed: true }, loadFeatures: 7 }],
])('nothing is thrown into the page, and nothing is reported: %s', (_, Shopify) => {
  const visited = visit(shopify, (page) => {
    page.Shopify = Shopify
  })
  announce(visited, 'shopifyCustomerPrivacyApiLoaded')
  visited.scriptLoads()
  expect(visited.told).toEqual([])
})

test('a callback that throws does not disturb the page', () => {
  const visited = visit((window) => shopify(window, throwing))
  const thrown = vi.fn()
  visited.window.addEventListener('error', thrown)
  collect(visited, { marketingAllowed: true, saleOfDataAllowed: true })
  expect(thrown).not.toHaveBeenCalled()
})
