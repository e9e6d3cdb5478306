import type { MappingRow } from '../../src/types.ts'
import type { Case } from './case.ts'

const order = { id: '1', total_price: 50, currency: 'EUR', source_name: 'web' }
const purchase = { value: 50, currency: 'EUR', order_id: '1' }

/** The names that TikTok's pixel 2.2.1 sends for old names, as observed on the wire. */
export const oldNames: readonly [old: string, current: string][] = [
  ['CompletePayment', 'Purchase'],
  ['SubmitForm', 'Lead'],
  ['Checkout', 'PlaceAnOrder'],
  ['Registration', 'CompleteRegistration'],
  ['StartCheckout', 'InitiateCheckout'],
  ['AddBilling', 'AddPaymentInfo'],
  ['ViewForm', 'ViewContent'],
  ['ViewConsultationPage', 'ViewContent'],
  ['ViewDownloadPage', 'ViewContent'],
  ['ClickForm', 'ClickButton'],
  ['ClickInDownloadPage', 'ClickButton'],
  ['ClickInConsultationPage', 'ClickButton'],
  ['ClickToDownload', 'Download'],
  ['Consult', 'Contact'],
  ['ConsultByPhone', 'Contact'],
]

const lead = { event: 'Lead', parameters: {}, event_id: 'l' }

const united: [title: string, rows: MappingRow[], pixel: Case['pixel'], server: Case['pixel']][] = [
  ['for both copies', [{ event: 'Lead' }, { event: 'SubmitForm' }], [lead], [lead]],
  [
    'for the page and for the server',
    [
      { event: 'Lead', forward: 'client' },
      { event: 'SubmitForm', forward: 'server' },
    ],
    [lead],
    [lead],
  ],
  [
    'for the server and for both',
    [
      { event: 'SubmitForm', forward: 'server' },
      { event: 'Lead', forward: 'client_and_server' },
    ],
    [lead],
    [lead],
  ],
  [
    'for the page twice',
    [
      { event: 'Lead', forward: 'client' },
      { event: 'SubmitForm', forward: 'client' },
    ],
    [lead],
    [],
  ],
  ['under the same name', [{ event: 'Lead' }, { event: 'Lead' }], [lead], [lead]],
  [
    'of which only one is met',
    [
      { event: 'Lead', forward: 'client' },
      { event: 'SubmitForm', when: { property: 'source_name', operator: 'equal', value: 'pos' } },
    ],
    [lead],
    [],
  ],
]

export const customMappingCases: Case[] = [
  ...oldNames.map(
    ([old, current]): Case => ({
      title: `a row that names ${old} sends ${current} in both copies`,
      config: { mapping: { events: { 'My Event': old } } },
      track: ['My Event', {}],
      pixel: [{ event: current, parameters: {} }],
    }),
  ),
  ...united.map(
    ([title, rows, pixel, server]): Case => ({
      title: `two rows with the same TikTok name are one event: ${title}`,
      config: { mapping: { events: { 'My Event': rows } } },
      track: ['My Event', {}, { eventID: 'l' }],
      pixel,
      server,
    }),
  ),
  {
    title: 'a row that is switched off sends nothing',
    config: { mapping: { events: { 'Placed Order': false } } },
    track: ['Placed Order', order],
    pixel: [],
    status: 'skipped',
    reason: 'unmapped',
  },
  {
    title: 'an overlay leaves the other rows as they are',
    config: { mapping: { events: { 'Placed Order': false } } },
    track: ['Searched', { q: 'cap' }],
    pixel: [{ event: 'Search', parameters: { query: 'cap', search_string: 'cap' } }],
  },
  {
    title: 'a custom event may have any TikTok name',
    config: { mapping: { events: { 'Scroll Depth 25%': 'ScrollDepth25' } } },
    track: ['Scroll Depth 25%', {}],
    pixel: [{ event: 'ScrollDepth25', parameters: {} }],
  },
  {
    title: 'a row that replaces the default one is still an order',
    config: { mapping: { events: { 'Placed Order': 'CompletePayment' } } },
    track: ['Placed Order', { ...order, $is_new_customer: true }],
    pixel: [{ event: 'Purchase', parameters: purchase, event_id: '1' }],
  },
  {
    title: 'one event may become several TikTok events',
    config: { mapping: { events: { 'Added To Wishlist': ['AddToWishlist', { event: 'Lead' }] } } },
    track: ['Added To Wishlist', {}, { eventID: 'w' }],
    pixel: [
      { event: 'AddToWishlist', parameters: {}, event_id: 'w' },
      { event: 'Lead', parameters: {}, event_id: 'w' },
    ],
  },
  {
    title: 'a row with a condition is sent if the condition is met',
    config: {
      mapping: {
        events: {
          'Placed Order': [
            'Purchase',
            { event: 'BigPurchase', when: { property: 'total_price', operator: 'greater_than', value: 40 } },
          ],
        },
      },
    },
    track: ['Placed Order', order],
    pixel: [
      { event: 'Purchase', parameters: purchase, event_id: '1' },
      { event: 'BigPurchase', parameters: purchase, event_id: '1' },
    ],
  },
  {
    title: 'a row with a condition is not sent if the condition is not met',
    config: {
      mapping: {
        events: { Lead: { event: 'Lead', when: { property: 'source_name', operator: 'equal', value: 'pos' } } },
      },
    },
    track: ['Lead', order],
    pixel: [],
    status: 'skipped',
    reason: 'unmapped',
  },
  {
    title: 'PageView is sent as TikTok’s Pageview',
    config: { mapping: { events: { $page_load: 'PageView' } } },
    track: ['$page_load'],
    pixel: [{ event: 'Pageview', parameters: {} }],
    server: [],
  },
  {
    title: 'an event with the forwarding mode server has no browser copy',
    config: { mapping: { events: { 'Placed Order': { event: 'Purchase', forward: 'server' } } } },
    track: ['Placed Order', order],
    pixel: [],
    server: [{ event: 'Purchase', parameters: purchase, event_id: '1' }],
    status: 'skipped',
    reason: 'no_channel',
  },
  {
    title: 'custom mode has only the rows of the config',
    config: { mapping: { mode: 'custom', events: { Lead: 'Lead' } } },
    track: ['Placed Order', order],
    pixel: [],
    status: 'skipped',
    reason: 'unmapped',
  },
  {
    title: 'custom mode sends the rows of the config',
    config: { mapping: { mode: 'custom', events: { Lead: 'Contact' } } },
    track: ['Lead', { value: 1 }],
    pixel: [{ event: 'Contact', parameters: {} }],
  },
  {
    title: 'a search under a custom event name carries its query too',
    config: { mapping: { events: { 'Site Search': 'Search' } } },
    track: ['Site Search', { q: 'cap' }],
    pixel: [{ event: 'Search', parameters: { query: 'cap', search_string: 'cap' } }],
  },
  {
    title: 'server_only installs no pixel',
    config: { mapping: { mode: 'server_only' }, relay: 'https://www.shop.test/relay' },
    track: ['Placed Order', order],
    pixel: [],
    server: [{ event: 'Purchase', parameters: purchase, event_id: '1' }],
  },
]
