import { expect, test } from 'vitest'
import { findExternals, type Seen } from '../../src/inspector/externals.ts'
import { pixelId } from '../cases/case.ts'

const other = 'C4OTHER0000000000002'
const events = (id: string) => ({
  src: `https://analytics.tiktok.com/i18n/pixel/events.js?sdkid=${id}&lib=ttq`,
  text: '',
})
const ours = { pixel_code: pixelId, event_id: 'ours' }

/** A page with only converge, and the changes to it. */
const look = (
  change: Partial<Seen> & { queue?: unknown[]; own?: unknown[]; options?: object; ids?: string[] } = {},
) => {
  const { queue = [], own = [], options = { historyObserver: false }, ids = [], ...rest } = change
  const instances = Object.fromEntries(ids.map((id) => [id, []]))
  const ttq = Object.assign(queue, { _i: { ...instances, [pixelId]: own }, _o: { [pixelId]: options } })
  return findExternals({
    pixelId,
    ttq,
    scripts: [events(pixelId)],
    isOurs: (id) => id === 'ours',
    hits: 0,
    ourHits: 0,
    ...rest,
  })
}
const told = (change: Parameters<typeof look>[0]) =>
  look(change).map(({ event, event_id }) => `${event} ${event_id}`.trim())

test.each<[title: string, change: Parameters<typeof look>[0], found: string[]]>([
  [
    'only converge',
    {
      queue: [
        ['identify', {}],
        ['track', 'Purchase', {}, ours],
      ],
      hits: 2,
      ourHits: 2,
    },
    [],
  ],
  ['a track with another ID', { queue: [['track', 'Lead', {}, { pixel_code: pixelId, event_id: 'x' }]] }, ['Lead x']],
  ['a track for every pixel', { queue: [['track', 'Lead', { value: 1 }]] }, ['Lead']],
  ['a track for another pixel', { queue: [['track', 'Lead', {}, { pixel_code: other }]] }, []],
  ['a page view for every pixel', { queue: [['page']] }, ['Pageview']],
  ['a page view with an ID', { queue: [['page', { event_id: 'p1' }]] }, ['Pageview p1']],
  ["a call of our pixel's instance", { own: [['track', 'Lead', {}, { event_id: 'x' }]] }, ['Lead x']],
  ['a call without a name', { queue: [['track']] }, ['(no name)']],
  ['an entry that is not a call', { queue: [null, 'track', { 0: 'track' }, []] }, []],
  ['a pixel that was loaded twice', { scripts: [events(pixelId), events(pixelId)] }, ['Pixel loaded twice']],
  ['a pixel that another script has loaded', { options: {} }, ['Pixel loaded by others']],
  ['another pixel of the page', { scripts: [events(pixelId), events(other)], ids: [other], hits: 9 }, []],
  ['hits that converge did not cause', { hits: 5, ourHits: 3 }, ['Requests: 2 more']],
  ['hits of a page whose first events are unknown', { hits: 5, ourHits: undefined }, []],
  ['no ttq', { ttq: undefined }, []],
])('%s', (_, change, found) => {
  expect(told(change)).toEqual(found)
})

test('the same call, found again, has the same origin', () => {
  const call = ['page']
  expect(look({ queue: [call] })[0]?.origin).toBe(call)
})

const page = (text: string) => ({ src: '', text })
const file = (src: string) => ({ src, text: '' })

test.each<[scripts: Seen['scripts'], culprits: string[]]>([
  [
    [page(`!function(){}();ttq.load('${pixelId}');ttq.page()`)],
    [`an inline script that calls ttq.load('${pixelId}'): TikTok's own snippet`],
  ],
  [[page(`ttq.load('${other}')`)], []],
  [[file(`https://tags.test/t.js?pixel=${pixelId}`)], ['tags.test/t.js']],
  [[events(pixelId)], []],
  [[file('https://www.googletagmanager.com/gtm.js?id=GTM-1')], ['a tag in Google Tag Manager']],
  [
    [file('https://www.googletagmanager.com/gtm.js?id=GTM-1'), file(`https://tags.test/t.js?pixel=${pixelId}`)],
    ['tags.test/t.js'],
  ],
  [[file('https://shop.test/wp-content/plugins/tiktok-for-business/js/a.js')], ["WooCommerce's TikTok plugin"]],
  [
    [file('https://shop.test/cdn/wpm@1/app.js'), file('https://shop.test/web-pixel-1@2/a.js')],
    ['a Shopify app, such as its TikTok channel'],
  ],
])('only the most likely culprit among %j is named', (scripts, culprits) => {
  const [finding] = look({ queue: [['page']], scripts })
  expect(finding?.culprits).toEqual(culprits)
})

test('an integration that signed its ttq is named', () => {
  const ttq = Object.assign([['page']], { _partner: 'Shopify' })
  expect(look({ ttq })[0]?.culprits).toEqual(['the integration that calls itself Shopify'])
})
