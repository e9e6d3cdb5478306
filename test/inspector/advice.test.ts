import { expect, test } from 'vitest'
import { adviceOn } from '../../src/inspector/advice.ts'
import type { Config, Reason, State } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

const advice = (reason: Reason | undefined, config: Partial<Config> = {}, state: Partial<State> = {}) =>
  adviceOn(
    { status: 'skipped', reason, eventName: 'My Event', eventID: '1', destinationEvents: [] },
    { pixelId, ...config },
    state,
  )

test.each<[reason: Reason, config: Partial<Config>, told: string]>([
  ['unmapped', {}, `mapping: { events: { "My Event": 'Lead' } }`],
  ['unmapped', { mapping: { events: { 'My Event': false } } }, 'Nothing to do, unless its mapping row'],
  ['no_channel', {}, 'Set relay'],
  ['relay_down', { relay: 'https://shop.test/c' }, 'https://shop.test/c/health'],
  ['relay_refused', { relay: 'https://shop.test/c' }, 'allowedOrigins'],
  ['undecided', {}, "converge.consent({ marketing: 'granted' })"],
  ['pixel_blocked', {}, 'With a relay, the server copy arrives anyway.'],
  // A test code marks the server copy; the page remembers the order all the same.
  ['already_sent', {}, 'To test an order again, give it another id.'],
])('%s has advice', (reason, config, told) => {
  expect(advice(reason, config)).toContain(told)
})

test.each([
  ['AddToCart', `Did you mean "Added To Cart"? Call track('Added To Cart', …).`],
  ['Order Completed', `Did you mean "Placed Order"? Call track('Placed Order', …).`],
  ['add_to_wishlist', `mapping: { events: { "add_to_wishlist": 'AddToWishlist' } }.`],
  ['Contact', `mapping: { events: { "Contact": 'Contact' } }.`],
])(
  'an event without a row gets advice to use the intended name, or the TikTok event of its name: %s',
  (eventName, told) => {
    const result = { status: 'skipped', reason: 'unmapped', eventName, eventID: '1', destinationEvents: [] } as const
    expect(adviceOn({ ...result, destinationEvents: [] }, { pixelId }, {})).toContain(told)
  },
)

test('the advice shows the filters that apply to this event, as they are in the config', () => {
  const filters: Config['filters'] = [
    { event: 'Placed Order', any: [{ property: 'total_price', operator: 'greater_than', value: 50 }] },
    {
      event: '*',
      any: [
        { property: 'items.vendor', operator: 'in', value: ['Nord', 'Süd'] },
        { property: 'vip', operator: 'is_set' },
      ],
    },
  ]
  expect(advice('filter', { filters })).toBe(
    'It must pass filters[1], where items.vendor in ["Nord","Süd"] or vip is_set.',
  )
})

test('a successful event needs no advice', () => {
  expect(advice(undefined)).toBe('')
})
