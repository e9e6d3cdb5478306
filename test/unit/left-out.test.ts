import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fillWindowConverge } from '../../src/browser/window-converge.ts'
import type { Feature } from '../../src/core/variants.ts'
import { publicConfig } from '../../src/server/public-config.ts'
import type { Config, ConvergeGlobal } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { has } from './build.ts'
import { noParts, openPage, type Page, tracked } from './page.ts'

const error = vi.spyOn(console, 'error').mockReturnValue()
beforeEach(() => {
  vi.useFakeTimers()
  error.mockClear()
})
afterEach(() => vi.useRealTimers())

const isVip = { property: 'vip', operator: 'is_set' } as const

/** Configs that need a feature, and the option that a build without it names. */
const asking: [feature: Feature, config: Partial<Config>, option: string][] = [
  ['filters', { filters: [{ event: '*', any: [isVip] }] }, 'filters'],
  ['relay', { relay: '/relay' }, 'relay'],
  ['relay', { relay: '/relay', mapping: { mode: 'server_only' } }, 'relay'],
  ['pageLoads', { pageLoads: 'auto' }, 'pageLoads'],
  ['mapping', { mapping: { events: { Searched: 'Lead' } } }, 'mapping'],
  // A whole row needs its checks, too.
  ['mapping', { mapping: { mode: 'custom', events: { Searched: [{ event: 'Lead', forward: 'client' }] } } }, 'mapping'],
]

const sentence = (option: string) =>
  `Error: converge-tiktok: this build has no code for ${option}. Set ${option} in the forwarder's config, or serve the complete dist/converge.js.`

/** A page with our script, whose tag may have attributes, after `init` was called where it is given a config. */
function start(tag: Partial<Config>, init?: Partial<Config>, served?: Partial<Config>) {
  const page = openPage()
  const converge: Partial<ConvergeGlobal> = served ? { config: served } : {}
  const config = { pixelId, ...served, ...tag }
  if (init) converge.q = [['init', init]]
  fillWindowConverge(page.window, converge, { config }, noParts)
  return { page, converge }
}

function expectRefused({ page, converge }: { page: Page; converge: Partial<ConvergeGlobal> }, option: string): void {
  expect(error.mock.calls.map(String)).toEqual([sentence(option)])
  expect(converge.track?.('Searched')).toBeUndefined()
  expect([page.ttq, page.scripts, page.posts, page.device.touches]).toEqual([undefined, [], [], []])
}

const isTaken = ([feature, { mapping }]: (typeof asking)[number]) =>
  has(feature) && (mapping === undefined || has('mapping'))
const lacking = asking.filter(([feature]) => !has(feature))

test.each(asking.filter(isTaken))('a build with the code for %s accepts %j in init', (_, config) => {
  start({}, config)
  expect(error).not.toHaveBeenCalled()
})

test.each(lacking)(
  'a build without the code for %s refuses %j in init: it reports this once, and starts nothing',
  (_, config, option) => {
    expectRefused(start({}, config), option)
  },
)

// A mapping can't stand on a tag.
test.each(lacking.filter(([feature]) => feature !== 'mapping'))(
  'a build without the code for %s refuses %j on the tag',
  (_, config, option) => {
    expectRefused(start(config), option)
  },
)

if (!has('filters') && has('mapping'))
  test('a condition that needs the code for filters is refused, and the message names its place', () => {
    const mapping = { events: { Searched: { event: 'Search', when: isVip } } }
    expectRefused(start({}, { mapping }), 'mapping.events.Searched.when')
  })

test.each<[title: string, config: Partial<Config>]>([
  ['no filters', { filters: [] }],
  ['page loads that the page tracks itself', { pageLoads: 'manual' }],
  ['nothing at all', { relay: undefined, filters: undefined, mapping: undefined, pageLoads: undefined } as object],
])('no build refuses a config that needs no extra code: %s', (_, config) => {
  const { page, converge } = start(config, config)
  converge.track?.('Searched')
  expect(error).not.toHaveBeenCalled()
  expect(tracked(page)).toHaveLength(1)
})

describe('a mapping served by a forwarder', () => {
  const given: Config = { pixelId, mapping: { events: { Searched: ['CompletePayment', 'Lead'] } } }
  const served = () => ({ ...publicConfig(given) })
  const eventsIn = (page: Page) => tracked(page).map(([, event]) => event)

  test('is accepted by every build, under the current TikTok names', () => {
    const { page, converge } = start({}, undefined, served())
    converge.track?.('Searched')
    expect(eventsIn(page)).toEqual(['Purchase', 'Lead'])
  })

  test('stays in force if the page adds other options', () => {
    const { page, converge } = start({}, { consent: 'implied' }, served())
    converge.track?.('Searched')
    expect(eventsIn(page)).toEqual(['Purchase', 'Lead'])
  })

  test('is accepted from the script of a second pixel too', () => {
    const { page, converge } = start({}, undefined, served())
    const second = { ...served(), pixelId: 'OTHER00000OTHER00000' }
    converge.config = second
    fillWindowConverge(page.window, converge, { config: { ...second } }, noParts)
    converge.track?.('Searched', {}, { eventID: '1' })
    expect(error).not.toHaveBeenCalled()
    expect(eventsIn(page)).toEqual(['Purchase', 'Lead', 'Purchase', 'Lead'])
  })

  test('does not allow the page to add an unchecked mapping', () => {
    const { converge } = start({}, { mapping: { events: { Searched: 'My Lead' } } }, served())
    expect(error).toHaveBeenCalledOnce()
    expect(converge.track?.('Searched')).toBeUndefined()
  })
})
