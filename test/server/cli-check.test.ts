import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createEventsApiHost, type EventsApiHost } from '../tiktok/events-api-host.ts'
import { runCli, writeConfig } from './node-child.ts'
import { createFolder } from './node-folder.ts'
import { accessToken, adminToken, pixelId, shop } from './node-requests.ts'

async function playTikTok(): Promise<EventsApiHost> {
  const tiktok = await createEventsApiHost({ accessToken, pixelId })
  onTestFinished(() => tiktok.close())
  return tiktok
}

/** Serves a shop on loopback, and gives its origin. */
async function serveShop(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : ''}`
}

const check = (config: string, ...words: string[]) => runCli(['check', '--config', config, ...words])

test('each row that a server sends is sent as one test event, and the report names what to look for', async () => {
  const tiktok = await playTikTok()
  const config = writeConfig(createFolder(), {
    eventsApiUrl: tiktok.url,
    mapping: { events: { 'Viewed Collection': false, 'Scroll Depth 25%': 'ScrollDepth25' } },
  })
  const { code, output } = await check(config, '--test-code', 'TEST12345')
  expect(output).toContain(`✓ ${config} is valid, for pixel ${pixelId}.`)
  expect(output).toContain('– $page_load → Pageview: sent by the page only.')
  expect(output).toContain('✓ Placed Order → NewCustomerPurchase: TikTok accepted it.')
  expect(output).toContain('✓ Scroll Depth 25% → ScrollDepth25: TikTok accepted it.')
  expect(output).not.toContain('Viewed Collection')
  const sent = tiktok.accepted.map(({ event }) => event)
  expect(sent).toEqual([
    'ViewContent',
    'AddToCart',
    'InitiateCheckout',
    'AddPaymentInfo',
    'Purchase',
    'NewCustomerPurchase',
    'Subscribe',
    'RecurringSubscriptionPaymentSucceeded',
    'CancelSubscription',
    'Subscribe',
    'Search',
    'CompleteRegistration',
    'ScrollDepth25',
  ])
  expect(new Set(tiktok.accepted.map(({ test_event_code }) => test_event_code))).toEqual(new Set(['TEST12345']))
  expect(output).toContain(
    `should now show these server events under Test events, for the code TEST12345: ${sent.join(', ')}.`,
  )
  expect([code, output.trim().split('\n').at(-1)]).toEqual([0, 'Nothing to fix.'])
})

test('a Node that cannot serve is a finding, and the other checks still run', async () => {
  const config = writeConfig(createFolder())
  expect((await check(config)).output).toContain(`✓ This Node (${process.version}) can serve.`)
  const environment = { TIKTOK_ACCESS_TOKEN: accessToken, NODE_OPTIONS: '--no-experimental-sqlite' }
  const { code, output } = await runCli(['check', '--config', config], environment)
  expect(output).toContain(
    `✗ This Node (${process.version}) cannot serve: the database needs SQLite, which is in Node 22.13 and later.`,
  )
  expect(output).toContain('No page was checked')
  expect([code, output.trim().split('\n').at(-1)]).toEqual([1, '1 to fix.'])
})

test('a row that TikTok refuses is named, with its message, and the others are tried', async () => {
  const tiktok = await playTikTok()
  tiktok.faults.next = [{ code: 40002, message: 'content_id is wrong' }]
  const { code, output } = await check(writeConfig(createFolder(), { eventsApiUrl: tiktok.url }), '--test-code', 'T1')
  expect(output).toContain('✗ Viewed Product → ViewContent: TikTok answered code 40002: content_id is wrong')
  expect(output).toContain('✓ Added To Cart → AddToCart: TikTok accepted it.')
  expect([code, output.trim().split('\n').at(-1)]).toEqual([1, '1 to fix.'])
})

test('reports a token or pixel that TikTok refuses once, with what to do', async () => {
  const tiktok = await playTikTok()
  const config = writeConfig(createFolder(), { eventsApiUrl: tiktok.url })
  const words = ['check', '--config', config, '--test-code', 'T1']
  const { code, output, errors } = await runCli(words, { TIKTOK_ACCESS_TOKEN: 'a-wrong-token' })
  expect(output).toMatch(/✗ .*40105.*Generate an access token in TikTok Events Manager/)
  expect([code, output.split('✗').length - 1, tiktok.requests.length, errors]).toEqual([1, 1, 1, ''])
  expect(output).not.toContain('a-wrong-token')
})

test('without a test code nothing is sent, and the report says so', async () => {
  const tiktok = await playTikTok()
  const { code, output } = await check(writeConfig(createFolder(), { eventsApiUrl: tiktok.url }))
  expect(output).toContain('– The access token was not checked. Add --test-code')
  expect([code, tiktok.requests.length]).toEqual([0, 0])
})

test('event names in the config that look misspelled are reported', async () => {
  const any = [{ property: 'vip', operator: 'is_set' as const }]
  const config = writeConfig(createFolder(), {
    mapping: { events: { 'Added to cart': 'AddToCart', 'Order Completed': 'Purchase', 'Scroll Depth': 'Scroll' } },
    filters: [
      { event: '*', any },
      { event: 'Purchase', any },
      { event: 'Scroll Depth', any },
      { event: 'Order Completed', any },
      { event: 'begin_checkout', any },
    ],
  })
  const { code, output } = await check(config)
  expect(output).toContain(
    '– mapping.events has a row for "Added to cart". Converge\'s name for this event is "Added To Cart".',
  )
  expect(output).toContain(
    '– mapping.events has a row for "Order Completed". Converge\'s name for this event is "Placed Order".',
  )
  expect(output).toContain('✗ filters[1].event is "Purchase", which is in no mapping row, so the filter has no effect.')
  expect(output).toContain('✗ filters[4].event is "begin_checkout"')
  expect(output).not.toMatch(/Scroll Depth|filters\[[023]\]/)
  expect([code, output.trim().split('\n').at(-1)]).toEqual([1, '2 to fix.'])
})

test('reports a page that is ready', async () => {
  const origin = await serveShop((request, response) => {
    if (request.url === '/relay/converge.js') return response.end('/* the script */')
    response.setHeader(
      'content-security-policy',
      "default-src 'self'; script-src 'self' https://analytics.tiktok.com; connect-src 'self' https://*.tiktok.com",
    )
    return response.end('<!doctype html><script async src="/relay/converge.js" data-pixel-id="x"></script>')
  })
  const config = writeConfig(createFolder(), { allowedOrigins: [origin] })
  const { code, output } = await check(config, '--url', `${origin}/`)
  expect(output).toContain(`✓ allowedOrigins contains ${origin}.`)
  expect(output).toContain(`✓ ${origin}/relay/converge.js is in the page.`)
  expect(output).toContain("✓ The page's Content-Security-Policy allows TikTok and the relay.")
  expect(code).toBe(0)
})

test('the policy is checked for the relay in the tag of a self-hosted script', async () => {
  const origin = await serveShop((request, response) => {
    if (request.url === '/converge.js') return response.end('/* the script */')
    response.setHeader('content-security-policy', "connect-src 'self' https://analytics.tiktok.com")
    return response.end(`<!doctype html>
<script
  async
  src="/converge.js"
  data-relay="https://converge.shop.example"
></script>`)
  })
  const { output } = await check(writeConfig(createFolder(), { allowedOrigins: [origin] }), '--url', `${origin}/`)
  expect(output).toContain(`✓ ${origin}/converge.js is in the page.`)
  expect(output).toContain('blocks the relay. Add https://converge.shop.example to connect-src.')
})

test('names what blocks tracking on a page, and what to add', async () => {
  const origin = await serveShop((request, response) => {
    if (request.url !== '/') {
      response.statusCode = 404
      return response.end()
    }
    response.setHeader('content-security-policy', "connect-src 'self' https://analytics.tiktok.com")
    return response.end(`<!doctype html>
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self'">
<script src='/converge.js'></script><script>ttq.load('${pixelId}'); ttq.page()</script>`)
  })
  const config = writeConfig(createFolder(), { relay: 'https://relay.shop.example/tiktok' })
  const { code, output } = await check(config, '--url', `${origin}/`)
  expect(output).toContain(
    `✗ allowedOrigins does not contain ${origin}, so this page's events would be refused. Add it.`,
  )
  expect(output).toContain(`✗ ${origin}/converge.js is in the page, but it answered 404.`)
  expect(output).toContain(
    "✗ The page contains TikTok's own snippet for this pixel, so events would count twice. Remove the snippet.",
  )
  expect(output).toContain("blocks TikTok's script. Add https://analytics.tiktok.com to script-src.")
  expect(output).toContain("blocks the pixel's hits. Add https://analytics.tiktok.com to default-src.")
  expect(output).toContain('blocks the relay. Add https://relay.shop.example to connect-src.')
  expect([code, output.trim().split('\n').at(-1)]).toEqual([1, '6 to fix.'])
})

test.each<[title: string, config: Record<string, unknown>, said: RegExp]>([
  ['no further options', {}, /converge-shop\.js, without filters, because this config has none\.$/m],
  [
    'filters',
    { filters: [{ event: '*', any: [{ property: 'vip', operator: 'is_set' }] }] },
    /converge-shop-filters\.js\.$/m,
  ],
])('the report names the script that a visitor downloads, for a config with %s', async (_, config, said) => {
  const { output } = await check(writeConfig(createFolder(), config))
  expect(output).toMatch(/✓ A visitor downloads 1\d\.\d kB \(brotli\) of script: /)
  expect(output).toMatch(said)
})

test('a page with another build of the script is recognized', async () => {
  const origin = await serveShop(({ url }, response) =>
    response.end(url === '/' ? '<script src="/converge-pixel.js"></script>' : ''),
  )
  const { output } = await check(writeConfig(createFolder(), { allowedOrigins: [origin] }), '--url', origin)
  expect(output).toContain(`✓ ${origin}/converge-pixel.js is in the page.`)
})

test('reports a page that cannot be read in one sentence', async () => {
  const config = writeConfig(createFolder())
  expect((await check(config, '--url', 'shop')).output).toContain('✗ --url "shop" is not a web address.')
  const origin = await serveShop((_, response) => response.writeHead(503).end())
  expect((await check(config, '--url', origin)).output).toContain(`✗ ${origin}: the page answered 503.`)
  // fetch itself refuses this port, and reports it only in the cause of a "fetch failed".
  const gone = 'http://127.0.0.1:1/'
  expect((await check(config, '--url', gone)).output).toContain(
    `✗ ${gone}: the page could not be read (bad port). Check its address, and whether this machine can reach it.`,
  )
})

test('each source is listed, and one that sends orders under another name than the page is reported', async () => {
  const config = writeConfig(createFolder(), {
    sources: {
      web: { orders: 'client' },
      shopify: {
        type: 'shopify',
        secretFrom: 'SHOPIFY_SECRET',
        mapping: { events: { 'Placed Order': 'ShopPurchase' } },
      },
      woocommerce: { type: 'woocommerce', secretFrom: ['WOO_SECRET', 'OLD_WOO_SECRET'], enabled: false },
      erp: { tokenFrom: 'ERP_TOKEN', filters: [{ event: 'Purchase', any: [{ property: 'vip', operator: 'is_set' }] }] },
    },
  })
  const secrets = { SHOPIFY_SECRET: 'a b', WOO_SECRET: 'c', OLD_WOO_SECRET: 'd', ERP_TOKEN: 'e' }
  const { output } = await runCli(['check', '--config', config], { TIKTOK_ACCESS_TOKEN: accessToken, ...secrets })
  for (const line of [
    '✓ Source web: POST events, from pages.',
    "✓ Source shopify: POST webhook/shopify, Shopify's webhooks.",
    "– Source woocommerce: POST webhook/woocommerce, WooCommerce's webhooks. It is disabled: enabled is false.",
    "✓ Source erp: POST webhook/erp, Converge's server API.",
    '– The source shopify sends Placed Order as ShopPurchase, and the page as Purchase, NewCustomerPurchase. TikTok counts an order from both as two events.',
    '✗ sources.erp.filters[0].event is "Purchase", which is in no mapping row, so the filter has no effect. Did you mean "Placed Order"?',
  ])
    expect(output.split('\n')).toContain(line)
})

test('orders that stay in the browser, and a paused config, are reported', async () => {
  const web = { orders: 'client' }
  const alone = await check(writeConfig(createFolder(), { sources: { web }, paused: true }))
  expect(alone.output).toContain('– paused is true in the config, so no page and no source sends events.')
  const finding = 'sources.web.orders is client, but no other source sends the server copy of orders.'
  // The token of the environment opens the source webhook.
  expect(alone.output).not.toContain(finding)
  const config = writeConfig(createFolder(), { sources: { web } })
  const { code, output } = await runCli(['check', '--config', config], { TIKTOK_ACCESS_TOKEN: accessToken })
  expect([code, output]).toEqual([1, expect.stringContaining(`✗ ${finding}`)])
})

test('only the filters of the source web decide which script pages get', async () => {
  const filters = [{ event: 'Lead', any: [{ property: 'vip', operator: 'is_set' }] }]
  const erp = { tokenFrom: 'ERP_TOKEN', filters }
  const environment = { TIKTOK_ACCESS_TOKEN: accessToken, ERP_TOKEN: 'erp-token' }
  const scriptOf = async (sources: object) =>
    /of script: (\S+?)[,.]( |$)/m.exec(
      (await runCli(['check', '--config', writeConfig(createFolder(), { sources })], environment)).output,
    )?.[1]
  expect(await scriptOf({ erp })).toBe('converge-shop.js')
  expect(await scriptOf({ erp, web: { filters } })).toBe('converge-shop-filters.js')
})

test.each<[string, Record<string, unknown>, string]>([
  ['off', {}, '– newCustomers is not set, so NewCustomerPurchase is only sent for orders with $is_new_customer.'],
  [
    'not declared complete',
    { newCustomers: {} },
    '– newCustomers.since is not set, so the history is not known to be complete',
  ],
  ['declared complete too late', { newCustomers: { since: '2999-01-01' } }, '✗ newCustomers.since is in the future'],
  [
    'complete',
    { newCustomers: { since: '2024-05-01' } },
    '✓ The history of customers decides who is new, for orders since 2024-05-01.',
  ],
])('a history of customers that is %s is a finding', async (_, config, text) => {
  expect((await check(writeConfig(createFolder(), config))).output).toContain(text)
})

test('a history of customers without a signed source is a finding', async () => {
  const config = writeConfig(createFolder(), { newCustomers: { since: '2024-05-01' } })
  const { output } = await runCli(['check', '--config', config], { TIKTOK_ACCESS_TOKEN: accessToken })
  expect(output).toContain('✗ newCustomers is set, but only sources with a secret add orders')
})

const metricsToken = 'metrics-token-of-the-shop-and-of-nobody-else'
const operatorSecrets = {
  TIKTOK_ACCESS_TOKEN: accessToken,
  CONVERGE_ADMIN_TOKEN: adminToken,
  CONVERGE_METRICS_TOKEN: metricsToken,
  ALERTS_URL: 'https://hooks.example/key-of-the-hook',
}

interface Operated {
  config?: Record<string, unknown>
  environment?: Record<string, string>
  flag?: '--database' | '--outbox'
}

test.each<[string, Operated, string]>([
  ['on a host of its own', {}, '✓ The operator’s page is /admin of the forwarder.'],
  ['without a token', { environment: {} }, '– There is no operator’s page, because adminToken is not set.'],
  ['with an outbox', { flag: '--outbox' }, '– There is no operator’s page, because it needs a database'],
  [
    'below the shop',
    { config: { relay: '/tiktok' } },
    `– The operator’s page is answered 404 on ${shop}, because relay is on that origin`,
  ],
  [
    'on the shop’s own host',
    { config: { relay: `${shop}/tiktok` } },
    `– The operator’s page is answered 404 on ${shop}, because relay is on that origin`,
  ],
  ['with a log', { config: { log: { days: 7 } } }, '✓ The event log keeps 7 days, at most 1000 MB.'],
  ['without a log', { config: { log: false } }, '– There is no event log, because log is false'],
  ['with a log in an outbox', { flag: '--outbox', config: { log: { days: 7 } } }, '✗ log is set, but an outbox has no'],
  ['with metrics', {}, '✓ GET /metrics answers with metricsToken.'],
  ['without metrics', { environment: {} }, '– There are no metrics, because metricsToken is not set.'],
  ['without alerts', {}, '– There are no alerts, so nobody is notified when something stops.'],
  [
    'with alerts',
    { config: { alerts: { urlFrom: 'ALERTS_URL', silentHours: 12, deadLetters: 5 } } },
    '✓ Alerts are posted when sending stops, when an event waits for more than 30 minutes, when no order came for 12 hours, and above 5 dead letters.',
  ],
  [
    'with alerts of a log that is off',
    { config: { log: false, alerts: { urlFrom: 'ALERTS_URL', silentHours: 12 } } },
    '✗ alerts.silentHours has no effect, because it needs a database with an event log.',
  ],
])('what the operator will see is a finding: %s', async (_, { config, environment, flag = '--database' }, text) => {
  const folder = createFolder()
  const given = environment ? { TIKTOK_ACCESS_TOKEN: accessToken, ...environment } : operatorSecrets
  const words = ['check', '--config', writeConfig(folder, config), flag, join(folder, 'file.db')]
  const { output, errors, code } = await runCli(words, given)
  expect(output + errors).toContain(text)
  expect(code).toBe(text.startsWith('✗') ? 1 : 0)
  for (const secret of [adminToken, metricsToken, 'key-of-the-hook']) expect(output).not.toContain(secret)
})

test('alerts without an address are an error that names the option of the file', async () => {
  const config = writeConfig(createFolder(), { alerts: { deadLetters: 5 } })
  const { code, errors } = await check(config)
  expect(code).not.toBe(0)
  expect(errors).toContain(`${config}: alerts has no urlFrom. Set an environment variable to the address`)
})
