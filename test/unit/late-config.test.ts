import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startConverge } from '../../src/browser/start.ts'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { forThisBuild } from './build.ts'
import { noParts, openPage, queued, tracked } from './page.ts'

const noRelay: object = { relay: undefined }
const error = vi.spyOn(console, 'error').mockReturnValue()

beforeEach(() => {
  vi.useFakeTimers()
  error.mockClear()
})
afterEach(() => vi.useRealTimers())

/** Two starts in one page: the second one comes after an order was tracked. */
async function startTwice(first: Partial<Config>, second: Partial<Config>, signal = false) {
  const page = openPage()
  Object.assign(page.window.navigator, { globalPrivacyControl: signal })
  const base: Config = { pixelId, load: 'immediate', relay: '/relay' }
  const converge = startConverge(forThisBuild({ ...base, ...first }), page.window, noParts)
  page.relayStatus = 0
  converge.track('Placed Order', { id: '1' })
  await vi.advanceTimersByTimeAsync(0)
  const again = startConverge(forThisBuild({ ...base, ...second }), page.window, noParts)
  page.relayStatus = 202
  return { page, converge, again }
}

const consentCalls = (page: Parameters<typeof queued>[0]) =>
  queued(page).flatMap(([method]) => (/Consent$/.test(String(method)) ? [method] : []))

describe('a second start of one pixel', () => {
  test.each<[title: string, config: Partial<Config>]>([
    ['has the same config', { contentId: 'sku' }],
    ['has fewer options', {}],
    ['has undefined options', { filters: undefined, consent: undefined } as object],
    [
      'has equal filters in another object',
      { filters: [{ event: '*', any: [{ property: 'x', operator: 'is_set' }] }] },
    ],
  ])('returns the first tracker, without a message, if it %s', async (_, second) => {
    const { converge, again } = await startTwice({ contentId: 'sku', ...second }, second)
    expect(again).toBe(converge)
    expect(error).not.toHaveBeenCalled()
  })

  test('names the options that came too late in one console.error', async () => {
    const filters: Config['filters'] = [{ event: '*', any: [{ property: 'x', operator: 'is_set' }] }]
    const { converge } = await startTwice({}, { filters, contentId: 'sku', consent: 'always' })
    expect(error.mock.calls).toEqual([
      [expect.stringMatching(/: filters, contentId, consent of pixel .* came too late/)],
    ])
    expect(converge.track('Searched').status).toBe('success')
  })

  test("with consent: require stops both copies at once, and removes the page's data from storage", async () => {
    const { page, converge } = await startTwice({}, { consent: 'require' })
    expect(page.device.stored.size).toBe(0)
    expect(consentCalls(page)).toEqual(['revokeConsent'])
    expect(converge.track('Placed Order', { id: '2' })).toMatchObject({ status: 'no_consent', reason: 'undecided' })
    const before = page.posts.length
    await vi.advanceTimersByTimeAsync(600_000)
    expect(page.posts).toHaveLength(before)
    expect(error).toHaveBeenCalledOnce()
  })

  test('with consent: require stores no decision: a grant sends the held events and those dropped from the queue', async () => {
    const { page, converge } = await startTwice({}, { consent: 'require' })
    converge.track('Placed Order', { id: '2' })
    expect(converge.context().consent).toEqual({})
    converge.consent({ marketing: 'granted' })
    await vi.advanceTimersByTimeAsync(0)
    expect(consentCalls(page)).toEqual(['revokeConsent', 'grantConsent'])
    expect(tracked(page).map(([, , , options]) => Object(options).event_id)).toEqual(['1', '1', '2'])
    expect(page.posts.flatMap(({ events }) => events).map(({ eventID }) => eventID)).toEqual(['1', '1', '2'])
  })

  test.each([
    ['always', 'always_server', 'no_consent'],
    ['always_server', 'implied', 'no_consent'],
    ['require', 'always', 'no_consent'],
    ['implied', 'always', 'success'],
  ] as const)('a copy leaves only if both modes allow it: %s, then %s', async (first, second, status) => {
    const { converge } = await startTwice({ consent: first, ...noRelay }, { consent: second, ...noRelay })
    expect(converge.track('Searched', {}, { method: 'forward' }).status).toBe(status)
  })

  test('with gpc: deny stops both copies of a visitor who sends the signal', async () => {
    const { page, converge } = await startTwice({}, { gpc: 'deny' }, true)
    expect(converge.track('Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
    expect(consentCalls(page)).toEqual(['revokeConsent'])
  })
})

test('the consent mode of a second pixel applies to the first one too, and the console reports it', () => {
  const page = openPage()
  const first = startConverge({ pixelId }, page.window, noParts)
  startConverge({ pixelId: 'OTHER00000OTHER00000', consent: 'require' }, page.window, noParts)
  expect(first.track('Searched')).toMatchObject({ status: 'no_consent', reason: 'undecided' })
  expect(error.mock.calls).toEqual([[expect.stringContaining('consent of pixel OTHER00000OTHER00000')]])
})

describe('Global Privacy Control', () => {
  const open = (config: Partial<Config>) => {
    const page = openPage()
    Object.assign(page.window.navigator, { globalPrivacyControl: true })
    return {
      page,
      converge: startConverge(forThisBuild({ pixelId, relay: '/relay', ...config }), page.window, noParts),
    }
  }

  test.each(['always', 'always_server', 'implied', 'require'] as const)(
    'with gpc: deny is a denial of both copies under %s, until the visitor grants consent',
    async (consent) => {
      const { page, converge } = open({ gpc: 'deny', consent })
      expect(converge.track('Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
      converge.consent({ marketing: 'denied' })
      expect(converge.track('Searched')).toMatchObject({ status: 'no_consent', reason: 'denied' })
      converge.consent({ marketing: 'granted' })
      expect(converge.track('Searched').status).toBe('success')
      await vi.advanceTimersByTimeAsync(0)
      expect(page.posts.flatMap(({ events }) => events)).toMatchObject([{ gpc: true }])
    },
  )

  test.each([
    [undefined, true],
    ['limited_data_use', true],
    ['ignore', undefined],
  ] as const)('with gpc: %s is on the wire and in the context as %s', async (gpc, expected) => {
    const { page, converge } = open(gpc ? { gpc } : {})
    converge.track('Searched')
    await vi.advanceTimersByTimeAsync(0)
    expect(page.posts[0]?.events[0]?.gpc).toBe(expected)
    expect(converge.context().gpc).toBe(expected)
  })

  test('has no effect on a visitor who does not send it', async () => {
    const page = openPage()
    const converge = startConverge(forThisBuild({ pixelId, relay: '/relay', gpc: 'deny' }), page.window, noParts)
    converge.track('Searched')
    await vi.advanceTimersByTimeAsync(0)
    expect(JSON.stringify([page.posts, converge.context()])).not.toContain('gpc')
  })
})
