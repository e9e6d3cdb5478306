import { expect, test } from 'vitest'
import { type CookiePlace, checkCookies, type Dns, systemDns } from '../../src/node/cookie-check.ts'

interface Hosts {
  aliases?: Record<string, string>
  addresses?: Record<string, string[]>
}

const dnsOf = ({ aliases = {}, addresses = {} }: Hosts): Dns => ({
  alias: async (host) => aliases[host],
  addresses: async (host) => addresses[host] ?? [],
})

const [shop, track] = ['www.shop.example', 'track.shop.example']
const place = (more: Partial<CookiePlace> = {}): CookiePlace => ({
  page: new URL(`https://${shop}/`),
  html: '',
  relay: new URL(`https://${track}/converge`),
  config: { domain: 'shop.example' },
  ...more,
})

test.each<[title: string, hosts: Hosts, more?: Partial<CookiePlace>]>([
  ['it is the host of the page', {}, { relay: new URL(`https://${shop}/converge`) }],
  [
    'its IPv4 address has the first half of the page’s',
    { addresses: { [shop]: ['203.0.113.7'], [track]: ['203.0.9.1'] } },
  ],
  [
    'its IPv6 address has the first half of the page’s',
    { addresses: { [shop]: ['192.0.2.1', '2001:db8:1:2::1'], [track]: ['203.0.113.9', '2001:db8:1:2:ffff::9'] } },
  ],
  ['it is an alias within the domain', { aliases: { [track]: 'edge.shop.example' } }],
  ['page and forwarder are aliases of one site', { aliases: { [shop]: 'a.host.example', [track]: 'b.host.example' } }],
])('Safari keeps the forwarder’s cookies for 30 days if %s', async (_, hosts, more) => {
  const found = await checkCookies(place(more), dnsOf(hosts))
  expect(found).toMatchObject([
    { ok: true, text: expect.stringMatching(/last 30 days, also in Safari, which accepts \S+ as part of the shop\.$/) },
  ])
})

test.each<[title: string, hosts: Hosts, says: string, more?: Partial<CookiePlace>]>([
  [
    'its IPv4 address differs in the first half',
    { addresses: { [shop]: ['203.0.113.7'], [track]: ['203.1.113.7'] } },
    `in Safari 7 days: the addresses of ${track} (203.1.113.7) and ${shop} (203.0.113.7) differ in their first half. Serve the forwarder under a path of ${shop}, or from the same network.`,
  ],
  [
    'its IPv6 address differs in the first half, and the page has no other',
    { addresses: { [shop]: ['2001:db8:1:2::1'], [track]: ['2001:db8:1:3::1', '203.0.113.7'] } },
    'differ in their first half',
  ],
  [
    'it is an alias of another site, even at the page’s own address',
    {
      aliases: { [track]: 'shop.tracker.example' },
      addresses: { [shop]: ['203.0.113.7'], [track]: ['203.0.113.7'] },
    },
    `${track} is an alias (CNAME) of shop.tracker.example, which is another site.`,
  ],
  [
    'the page’s address is unknown',
    { addresses: { [track]: ['203.0.113.7'] } },
    `the addresses of ${shop} could not be looked up.`,
  ],
  ['its own address is unknown', {}, `the addresses of ${track} could not be looked up.`],
  [
    'the page is on a hosted platform, whatever the addresses are',
    { addresses: { [shop]: ['23.227.38.65'], [track]: ['23.227.38.66'] } },
    'the page is hosted by Shopify, whose addresses a forwarder cannot share. This limit stays on every hosted platform.',
    { html: '<link href="https://cdn.shopify.com/s/theme.css">' },
  ],
])('Safari keeps its limit if %s', async (_, hosts, says, more) => {
  const found = await checkCookies(place(more), dnsOf(hosts))
  expect(found).toMatchObject([{ ok: undefined, text: expect.stringContaining(says) }])
})

test.each<[title: string, more: Partial<CookiePlace>, says: string]>([
  ['the config turns them off', { config: { domain: 'shop.example', cookies: false } }, 'cookies is false'],
  ['there is no domain', { config: {} }, 'without the option domain'],
  ['no relay was found', { relay: undefined }, 'No relay was found'],
  [
    'the page is not on the domain',
    { page: new URL('https://shop.test/') },
    'shop.test is not on the domain shop.example',
  ],
  [
    'the forwarder is not on the domain',
    { relay: new URL('https://myshop.example/') },
    'myshop.example is not on the domain',
  ],
])(
  'the report explains why the forwarder sets no cookies, and how long the page’s own last: %s',
  async (_, more, says) => {
    const [finding] = await checkCookies(place(more), dnsOf({}))
    expect(finding).toMatchObject({ ok: undefined, text: expect.stringContaining(says) })
    if (more.relay !== undefined || !('relay' in more))
      expect(finding?.text).toMatch(/7 days, and the click ID after 24 hours/)
  },
)

test('the system’s own resolver knows this machine', async () => {
  expect(await systemDns.addresses('localhost')).toEqual(
    expect.arrayContaining([expect.stringMatching(/^(127\.|::1$)/)]),
  )
})
