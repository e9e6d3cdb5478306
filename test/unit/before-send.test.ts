import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Config, ConvergeEvent } from '../../src/types.ts'
import { need, relayIfAny } from './build.ts'
import { openShop, type Page, tracked } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** A shop with a hook, which may return any value on a page without types. */
function open(beforeSend: (event: ConvergeEvent) => unknown, config: Partial<Config> = {}) {
  return openShop(Object.assign({ ...relayIfAny, ...config }, { beforeSend }))
}

async function relayed(page: Page) {
  need('relay')
  await vi.advanceTimersByTimeAsync(0)
  return page.posts.flatMap(({ events }) => events)
}

test('both copies carry the event that it returns', async () => {
  const { page, track } = open((event) => ({ ...event, properties: { ...event.properties, total_price: 7 } }))
  track('Placed Order', { id: '1', total_price: 5 })
  const parameters = { value: 7, order_id: '1' }
  expect(tracked(page)).toMatchObject([['track', 'Purchase', parameters, { event_id: '1' }]])
  expect(await relayed(page)).toMatchObject([{ eventID: '1', send: [{ event: 'Purchase', parameters }] }])
})

test('it may change the event in place', () => {
  const { page, track } = open((event) => {
    event.properties.total_price = 7
    return event
  })
  track('Placed Order', { id: '1', total_price: 5 })
  expect(tracked(page)[0]?.[2]).toEqual({ value: 7, order_id: '1' })
})

test("it may change the event's name and ID", () => {
  const { page, track } = open((event) => ({ ...event, eventName: 'Searched', eventID: 'mine' }))
  const result = track('Site Search', { q: 'cap' })
  expect(result).toMatchObject({ status: 'success', eventName: 'Searched', eventID: 'mine' })
  expect(tracked(page)).toMatchObject([['track', 'Search', { query: 'cap' }, { event_id: 'mine' }]])
})

test.each([null, undefined, false])('%s stops the event: it is filtered, and no copy is sent', async (answer) => {
  const { page, track } = open(() => answer)
  expect(track('Placed Order', { id: '1' })).toMatchObject({
    status: 'filtered',
    reason: 'before_send',
    eventName: 'Placed Order',
    eventID: '1',
    destinationEvents: [],
  })
  expect(tracked(page)).toEqual([])
  expect(await relayed(page)).toEqual([])
})

test('it runs before consent and filters', () => {
  const seen = vi.fn((event: ConvergeEvent) => ({ ...event, properties: { ...event.properties, kind: 'web' } }))
  const filters: Config['filters'] = [{ event: '*', any: [{ property: 'kind', operator: 'equal', value: 'web' }] }]
  const { track } = open(seen, { consent: 'require', filters })
  expect(track('Searched', { kind: 'pos' })).toMatchObject({ status: 'no_consent' })
  expect(seen).toHaveBeenCalledOnce()
  const { page, ...shop } = open(seen, { filters })
  expect(shop.track('Searched', { kind: 'pos' })).toMatchObject({ status: 'success' })
  expect(tracked(page)).toHaveLength(1)
})

test('it gets the page URL of the event, and what set() has added', () => {
  const seen = vi.fn((event: ConvergeEvent) => event)
  const { converge, track } = open(seen)
  converge.set({ eventProperties: { shop: 'at' } })
  track('Searched', { q: 'cap' }, { eventID: 'e' })
  expect(seen).toHaveBeenCalledWith({
    eventName: 'Searched',
    eventID: 'e',
    properties: {
      $url: 'https://www.shop.test/caps?color=red',
      referrer: '',
      $sales_channel_type: 'web',
      $source: 'web',
      shop: 'at',
      q: 'cap',
    },
  })
})

test('an email that it removes is not sent', async () => {
  const { page, track } = open((event) => ({ ...event, properties: { ...event.properties, $email: undefined } }))
  track('Placed Order', { id: '1', $email: 'jane@example.com' })
  expect((await relayed(page))[0]?.user).not.toHaveProperty('email')
})

test('if it throws, the event is sent unchanged, and the console reports it', () => {
  const error = vi.spyOn(console, 'error').mockReturnValue()
  const fault = new Error("the page's")
  const { page, track } = open(() => {
    throw fault
  })
  expect(track('Placed Order', { id: '1', total_price: 5 })).toMatchObject({ status: 'success', eventID: '1' })
  expect(tracked(page)).toMatchObject([['track', 'Purchase', { value: 5 }, { event_id: '1' }]])
  expect(error.mock.calls).toEqual([[fault]])
  error.mockRestore()
})

test.each<[title: string, answer: unknown]>([
  ['true', true],
  ['text', 'yes'],
  ['an event without properties', { eventName: 'Searched', eventID: 'e' }],
  ['an event with parts of wrong types', { eventName: 7, eventID: {}, properties: 'none' }],
  [
    'an event that throws',
    {
      get eventName() {
        throw new Error('no')
      },
    },
  ],
])('track() never throws, whatever it returns: %s', (_, answer) => {
  vi.spyOn(console, 'error').mockReturnValue()
  const { track } = open(() => answer)
  expect(track('Searched', {}).eventID).toMatch(/./)
  vi.restoreAllMocks()
})
