import { Window as HappyWindow } from 'happy-dom'
import { afterEach, expect, test, vi } from 'vitest'
import { adapters, start } from '../../src/consent/index.ts'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

const error = vi.spyOn(console, 'error').mockReturnValue()
afterEach(() => error.mockClear())

const yes = { ad_storage: 'granted', ad_user_data: 'granted', analytics_storage: 'granted' }

/** The decisions that an instance receives in a page where Google grants and Shopify denies. */
function heard(consentFrom: unknown): unknown[][] {
  const window = Object(new HappyWindow())
  window.dataLayer = [['consent', 'update', yes]]
  window.Shopify = {
    customerPrivacy: { marketingAllowed: () => false, currentVisitorConsent: () => ({ marketing: 'no' }) },
  }
  const consent = vi.fn()
  const config: Config = Object({ pixelId, consentFrom })
  start({ consent }, config, window)
  return consent.mock.calls
}

const granted = [{ marketing: 'granted', analytics: 'granted' }]
const denied = [{ marketing: 'denied', analytics: 'denied' }]

test.each<[title: string, consentFrom: unknown, calls: unknown[][]]>([
  ['one', ['google'], [granted]],
  ['several', ['google', 'shopify'], [granted, denied]],
  ['text, as an attribute has it', 'shopify, google', [denied, granted]],
])('only the platforms in the config are read: %s', (_, consentFrom, calls) => {
  expect(heard(consentFrom)).toEqual(calls)
  expect(error).not.toHaveBeenCalled()
})

test('an unknown platform logs one console.error, and the others are read', () => {
  expect(heard(['onetrust', 'google'])).toEqual([granted])
  expect(error.mock.calls).toEqual([['converge-tiktok: consentFrom names "onetrust", not google or shopify']])
})

test('every platform has an adapter', () => {
  expect(Object.keys(adapters).sort()).toEqual(['google', 'shopify'])
})
