import { expect, test } from 'vitest'
import { stateInWords } from '../../src/inspector/state-words.ts'
import type { Config, State } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

const sound: State = { pixel: 'live', consent: {}, relay: 'off', outbox: 0 }
const facts = (state: Partial<State>, config: Partial<Config> = {}, blocker = '') =>
  Object.fromEntries(
    stateInWords({ ...sound, ...state }, { pixelId, ...config }, blocker).map((fact) => [fact.name, fact]),
  )

const relay = 'https://shop.test/converge'

test.each<[name: string, state: Partial<State>, config: Partial<Config>, value: string, tone: string]>([
  ['Pixel', {}, {}, 'loaded', 'good'],
  ['Pixel', { pixel: 'waiting' }, {}, 'loading', 'wait'],
  ['Pixel', { pixel: 'waiting' }, { consent: 'require' }, 'waits for consent', 'wait'],
  ['Pixel', { pixel: 'waiting', consent: { marketing: 'granted' } }, { consent: 'require' }, 'loading', 'wait'],
  ['Pixel', { pixel: 'waiting', consent: { marketing: 'denied' } }, { consent: 'implied' }, 'not loaded', 'none'],
  ['Pixel', { pixel: 'off' }, { mapping: { mode: 'server_only' }, relay }, 'off: server_only', 'none'],
  ['Pixel', { pixel: 'blocked', pixelCause: 'csp' }, {}, "blocked by the page's Content-Security-Policy", 'bad'],
  [
    'Pixel',
    { pixel: 'blocked', pixelCause: 'stand_in' },
    {},
    "blocked by an ad blocker, or a window.ttq that is not TikTok's",
    'bad',
  ],
  ['Pixel', { pixel: 'blocked', pixelCause: 'sandboxed' }, {}, 'blocked by the sandbox of this iframe', 'bad'],
  ['Pixel', { pixel: 'off' }, { pixelId: '' }, 'no pixel ID', 'bad'],
  ['Pixel', { pixel: 'blocked', pixelCause: 'no_answer' }, {}, 'blocked by no answer for 25 s', 'bad'],
  ['Consent', {}, {}, 'undecided (always)', 'none'],
  ['Consent', {}, { consent: 'require' }, 'undecided (require)', 'wait'],
  ['Consent', { consent: { marketing: 'granted' } }, { consent: 'require' }, 'granted (require)', 'good'],
  ['Consent', { consent: { marketing: 'denied' } }, { consent: 'implied' }, 'denied (implied)', 'bad'],
  ['Relay', {}, {}, 'none', 'none'],
  ['Relay', { relay: 'ready' }, { relay }, 'ready', 'good'],
  ['Relay', { relay: 'down' }, { relay }, 'down', 'bad'],
  ['Outbox', {}, {}, 'empty', 'none'],
  ['Outbox', { outbox: 3 }, { relay }, '3 waiting', 'wait'],
])('%s, with %j and %j: %s', (name, state, config, value, tone) => {
  expect(facts(state, config)[name]).toMatchObject({ value, tone })
})

test('the cause of a blocked pixel is named if it is known, with advice', () => {
  const { Pixel } = facts({ pixel: 'blocked', pixelCause: 'script_error' }, {}, "Brave's Shields")
  expect(Pixel?.value).toBe("blocked by Brave's Shields")
  expect(Pixel?.sentence).toContain('Turn off ad blockers for this page')
  expect(facts({ pixel: 'blocked', pixelCause: 'csp' }, { region: 'us' }).Pixel?.sentence).toContain(
    'Add https://analytics.us.tiktok.com to script-src and connect-src',
  )
})

test('a failing relay comes with advice', () => {
  for (const state of ['down', 'refused'] as const)
    expect(facts({ relay: state }, { relay }).Relay?.sentence).toContain(`${relay}/health`)
})

test('a sandboxed page gets advice to use a relay, and a page without a pixel ID to set one', () => {
  const sandboxed = facts({ pixel: 'blocked', pixelCause: 'sandboxed' }).Pixel?.sentence
  expect(sandboxed).toMatch(/sandboxed iframe with an opaque origin, where TikTok's pixel never starts.*needs a relay/)
  const unnamed = facts({ pixel: 'off' }, { pixelId: '' }).Pixel?.sentence
  expect(unnamed).toMatch(/data-pixel-id.*converge\.init\(\{ pixelId/)
})

test("a stand-in is explained as an ad blocker or a window.ttq that is not TikTok's", () => {
  expect(facts({ pixel: 'blocked', pixelCause: 'stand_in' }).Pixel?.sentence).toMatch(
    /ad blockers.*consent tool.*window\.ttq/,
  )
})
