import type { EventParameters } from '../../src/types.ts'
import type { CallCase } from './case.ts'

// The methods of Converge's own global, each with every field that it takes.

const cap = { product_id: '9010', name: 'Cap', price: 19.9, quantity: 1, currency: 'EUR' }
const parameters: EventParameters = {
  contents: [{ content_id: '9010', content_type: 'product', content_name: 'Cap', price: 19.9, quantity: 1 }],
  content_type: 'product',
  num_items: 1,
  value: 19.9,
  currency: 'EUR',
}
const profileProperties = { $email: 'Jane@Example.com', $phone_number: '+43 (664) 123-4567', $customer_id: 1042 }
const jane = { email: 'jane@example.com', phone_number: '+436641234567', external_id: '1042' }

const sent = { event: 'AddToCart', parameters, event_id: 'e-1' }
const search = { event: 'Search', parameters: { query: 'cap', search_string: 'cap' }, event_id: 's-1' }
const searched = { eventName: 'Searched', properties: { query: 'cap' } }

export const methodCases: CallCase[] = [
  {
    title: 'track: an event with its properties, visitor, aliases and ID',
    cvg: [
      {
        method: 'track',
        eventName: 'Added To Cart',
        properties: cap,
        profileProperties,
        aliases: ['urn:cart_token:c1'],
        eventID: 'e-1',
      },
    ],
    pixel: [sent],
    identify: [jane],
  },
  {
    title: 'track: only the name is required',
    cvg: [{ method: 'track', eventName: 'Subscribed To Newsletter' }],
    pixel: [{ event: 'CompleteRegistration', parameters: {} }],
  },
  {
    title: 'forward: only the browser copy, under the ID that the server tracks too',
    cvg: [{ method: 'forward', eventName: 'Added To Cart', properties: cap, profileProperties, eventID: 'e-1' }],
    converge: [['track', 'Added To Cart', cap, { profileProperties, eventID: 'e-1', method: 'forward' }]],
    pixel: [sent],
    server: [],
    identify: [jane],
  },
  {
    title: 'event: the old way to track, with `event` and `eventId`',
    cvg: [{ method: 'event', event: 'Added To Cart', properties: cap, profileProperties, eventId: 'e-1' }],
    converge: [['track', 'Added To Cart', cap, { profileProperties, eventID: 'e-1' }]],
    pixel: [sent],
    identify: [jane],
  },
  {
    title: 'event: the old way, with the new words',
    cvg: [{ method: 'event', eventName: 'Added To Cart', properties: cap, eventID: 'e-1' }],
    pixel: [sent],
  },
  {
    title: 'set: eventProperties are merged into every later event, whose own properties take precedence',
    cvg: [
      { method: 'set', eventProperties: { currency: 'EUR', total_price: 5 } },
      { method: 'set', eventProperties: { total_price: 7 } },
      { method: 'track', eventName: 'Started Checkout' },
      { method: 'track', eventName: 'Added Payment Info', properties: { currency: 'USD' } },
    ],
    converge: [
      ['set', { eventProperties: { currency: 'EUR', total_price: 5 } }],
      ['set', { eventProperties: { total_price: 7 } }],
      ['track', 'Started Checkout'],
      ['track', 'Added Payment Info', { currency: 'USD' }],
    ],
    pixel: [
      { event: 'InitiateCheckout', parameters: { value: 7, currency: 'EUR' } },
      { event: 'AddPaymentInfo', parameters: { value: 7, currency: 'USD' } },
    ],
  },
  {
    title: 'set: profileProperties identify the visitor for later events',
    cvg: [
      { method: 'set', profileProperties },
      { method: 'track', ...searched, eventID: 's-1' },
    ],
    converge: [
      ['set', { profileProperties }],
      ['track', 'Searched', { query: 'cap' }, { eventID: 's-1' }],
    ],
    pixel: [search],
    identify: [jane],
  },
  {
    title: 'set: `properties` are profileProperties too',
    cvg: [
      { method: 'set', properties: profileProperties },
      { method: 'track', ...searched, eventID: 's-1' },
    ],
    converge: [
      ['set', { profileProperties }],
      ['track', 'Searched', { query: 'cap' }, { eventID: 's-1' }],
    ],
    pixel: [search],
    identify: [jane],
  },
  {
    title: 'set: aliases identify the visitor',
    cvg: [
      { method: 'set', aliases: ['urn:email:jane@example.com'] },
      { method: 'track', ...searched, eventID: 's-1' },
    ],
    converge: [
      ['set', { aliases: ['urn:email:jane@example.com'] }],
      ['track', 'Searched', { query: 'cap' }, { eventID: 's-1' }],
    ],
    pixel: [search],
    identify: [{ email: 'jane@example.com' }],
  },
  {
    title: 'consent: an event is sent after a grant',
    config: { consent: 'require' },
    cvg: [
      { method: 'consent', analytics: 'granted', marketing: 'granted' },
      { method: 'track', ...searched, eventID: 's-1' },
    ],
    converge: [
      ['consent', { analytics: 'granted', marketing: 'granted' }],
      ['track', 'Searched', { query: 'cap' }, { eventID: 's-1' }],
    ],
    pixel: [search],
  },
  {
    title: 'consent: an omitted category is denied',
    config: { consent: 'require' },
    cvg: [
      { method: 'consent', analytics: 'granted' },
      { method: 'track', ...searched, eventID: 's-1' },
    ],
    converge: [
      ['consent', { analytics: 'granted' }],
      ['track', 'Searched', { query: 'cap' }, { eventID: 's-1' }],
    ],
    pixel: [],
    identify: [],
    results: [['no_consent', 'denied']],
  },
  ...['link_domain', 'set_endpoint', 'proxy', 'init', 'identify', 'constructor', '__proto__', ''].map(
    (method): CallCase => ({
      title: `${method || 'a method without a name'}: breaks nothing, and the calls around it are sent`,
      cvg: [
        { method: 'track', ...searched, eventID: 's-1' },
        { method, domain: 'other.test', endpoint: 'https://c.shop.test', url: 'https://c.shop.test', token: 'x' },
        { method: 'track', eventName: 'Added To Cart', properties: cap, eventID: 'e-1' },
      ],
      converge: [
        ['track', 'Searched', { query: 'cap' }, { eventID: 's-1' }],
        ['track', 'Added To Cart', cap, { eventID: 'e-1' }],
      ],
      pixel: [search, sent],
    }),
  ),
]
