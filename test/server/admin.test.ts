import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type {
  AdminChanged,
  AdminDeadLetters,
  AdminEvents,
  AdminSetup,
  AdminSummary,
} from '../../src/server/admin/admin-api.ts'
import { createFailedSignIns } from '../../src/server/admin/failed-sign-ins.ts'
import { createForwarder } from '../../src/server/forwarder.ts'
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { createAdminClient, signedIn } from './admin-client.ts'
import { accessToken, adminToken, pixelId, postPage, shop, webhookToken } from './node-requests.ts'
import { newPath } from './outbox-kit.ts'
import { pageCopy, postShop, shopCopy, startStore } from './start-store.ts'

const poll = { timeout: 30_000 }

const lead = (event_id: string, more: object = {}) => ({ event_name: 'Subscribed To Newsletter', event_id, ...more })

describe('the pages of the operator', () => {
  test.each(['summary', 'events', 'events.csv', 'dead-letters', 'setup'])(
    '%s is answered 401 without a session, and is not stored by a browser',
    async (path) => {
      const { url } = await startStore()
      const anonymous = await createAdminClient(url).get(path)
      expect(anonymous.status).toBe(401)
      expect(anonymous.headers.get('cache-control')).toBe('no-store')
      const answer = await (await signedIn(url)).get(path)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    },
  )

  test.each(['sign-out', 'dead-letters/retry', 'dead-letters/drop'])(
    'POST %s is answered 401 without a session',
    async (path) => {
      const { url } = await startStore()
      expect((await createAdminClient(url).post(path, { ids: 'all' })).status).toBe(401)
    },
  )

  test.each([
    ['without an admin token', { adminToken: undefined }],
    ['without a database', { outbox: '' }],
  ])('do not exist %s', async (_, config) => {
    const { path } = await startStore()
    const { url } = await startStore('outbox' in config ? { outbox: `${path}-outbox` } : config)
    expect((await fetch(`${url}/admin`)).status).toBe(404)
    expect((await createAdminClient(url).signIn()).status).toBe(404)
  })

  test('are not framed, and load nothing from elsewhere', async () => {
    const { url } = await startStore()
    const { status, headers } = await fetch(`${url}/admin`)
    expect(status).toBe(200)
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test.each(['admin/api/nothing', 'admin/events', 'admin/health', 'admin/api/summary/'])(
    '%s has no route',
    async (path) => {
      const { url } = await startStore()
      expect((await fetch(`${url}/${path}`)).status).toBe(404)
    },
  )

  test.each([
    ['GET', 'sign-in'],
    ['POST', 'summary'],
  ])('%s %s is answered 405', async (method, path) => {
    const { url } = await startStore()
    expect((await fetch(`${url}/admin/api/${path}`, { method })).status).toBe(405)
  })
})

describe('a sign-in', () => {
  test('gets a cookie that no script can read and no other site can use', async () => {
    const { url, log } = await startStore()
    const answer = await createAdminClient(url).signIn()
    const cookie = answer.headers.get('set-cookie')
    expect(cookie).toMatch(/^converge-admin=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    expect(log.join()).toContain('signed in')
    expect([...log, await answer.text(), cookie].join()).not.toContain(adminToken)
  })

  test('gets a secure cookie behind a proxy, whose host no other host can set', async () => {
    const { url } = await startStore()
    const client = createAdminClient(url)
    const answer = await client.post('sign-in', { token: adminToken }, { 'x-forwarded-proto': 'https' })
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-converge-admin=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict$/,
    )
  })

  test.each(['', 'wrong', adminToken.slice(1), `${adminToken} `, 7, null])(
    'with %j is refused, and logged without it',
    async (token) => {
      const { url, log } = await startStore()
      const answer = await createAdminClient(url).post('sign-in', { token })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('set-cookie')).toBeNull()
      expect(log.filter((line) => line.includes('a sign-in failed'))).toHaveLength(1)
    },
  )

  const from = (ip: string) => ({ 'x-forwarded-for': ip })
  const statusOf = async (answer: Promise<Response>) => (await answer).status

  test('after a failed one is not checked for a second, not even with the right token', async () => {
    const { url } = await startStore()
    const client = createAdminClient(url)
    expect((await client.signIn('wrong')).status).toBe(401)
    const early = await client.signIn()
    expect(early.status).toBe(429)
    expect(early.headers.get('retry-after')).toBe('1')
    await vi.waitFor(async () => expect((await client.signIn()).status).toBe(200), poll)
  })

  test.each([
    ['203.0.113.7', '203.0.113.7', 429],
    ['203.0.113.7', '203.0.113.8', 200],
    ['2001:db8:1:2::7', '2001:db8:1:2:ffff::8', 429], // one customer's network
    ['2001:db8:1:2::7', '2001:db8:1:3::7', 200],
    ['2001:db8::7', '2001:db8:0:0:1::', 429],
  ])('after a failed one from %s, one from %s is answered %i', async (guesser, operator, status) => {
    const { url } = await startStore({ trustProxy: true })
    const client = createAdminClient(url)
    expect(await statusOf(client.post('sign-in', { token: 'wrong' }, from(guesser)))).toBe(401)
    expect(await statusOf(client.post('sign-in', { token: adminToken }, from(operator)))).toBe(status)
  })

  test('waits if ten addresses have failed within a second', () => {
    let time = 5000
    const failed = createFailedSignIns(() => time)
    for (let index = 0; index < 10; index++) {
      time += 50
      expect(failed.wait(`203.0.113.${index}`)).toBe(0)
      failed.note(`203.0.113.${index}`)
    }
    expect(failed.wait('203.0.113.99')).toBe(550)
    expect(failed.wait('203.0.113.9')).toBe(1000)
    time += 550
    expect(failed.wait('203.0.113.99')).toBe(0)
    expect(failed.wait('203.0.113.9')).toBe(450)
  })

  test('that fails does not disturb who is signed in', async () => {
    const { url } = await startStore()
    const operator = await signedIn(url)
    expect(await statusOf(createAdminClient(url).signIn('wrong'))).toBe(401)
    expect(await statusOf(operator.get('summary'))).toBe(200)
  })

  test('is checked once of many whose bodies arrive at the same time', async () => {
    const store = createSqliteStore({ path: newPath(), pixelId })
    onTestFinished(() => store.close())
    const { fetch } = createForwarder({ pixelId, accessToken, adminToken, allowedOrigins: [shop], store })
    let arrive = () => {}
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve
    })
    const readBody = () => arrived.then(() => JSON.stringify({ token: 'wrong' }))
    const headers = { origin: 'https://ops.example', 'sec-fetch-site': 'same-origin' }
    const tries = Array.from({ length: 5 }, () =>
      fetch(new Request('https://ops.example/admin/api/sign-in', { method: 'POST', headers, body: '{}' }), {
        readBody,
      }),
    )
    arrive()
    const statuses = await Promise.all(tries.map(statusOf))
    expect(statuses.sort()).toEqual([401, 429, 429, 429, 429])
  })

  test('ends with a sign-out, also for somebody who has copied the cookie', async () => {
    const { url } = await startStore()
    const client = await signedIn(url)
    const answer = await client.post('sign-out', {})
    expect(answer.headers.get('set-cookie')).toMatch(/^converge-admin=; Path=\/; Max-Age=0/)
    expect((await client.get('summary')).status).toBe(401)
  })

  test.each(['', 'x', '9999999999.a.b', '1.2', `${'9'.repeat(40)}.a.b`])(
    'is not valid with the cookie %j',
    async (value) => {
      const { url } = await startStore()
      const answer = await fetch(`${url}/admin/api/summary`, { headers: { cookie: `converge-admin=${value}` } })
      expect(answer.status).toBe(401)
    },
  )
})

describe('a POST from elsewhere is refused', () => {
  test.each([
    ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['from another host of the same site', { 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.example' }],
    ['by a link or a form without an origin', { 'sec-fetch-site': 'none' }],
    ['by an older browser', { 'sec-fetch-site': '', origin: 'https://evil.test' }],
    ['with the origin null', { 'sec-fetch-site': '', origin: 'null' }],
  ])('%s', async (_, given) => {
    const { url } = await startStore()
    const client = await signedIn(url)
    const headers = new Headers({ 'content-type': 'application/json' })
    const session = await client.signIn()
    headers.set('cookie', session.headers.get('set-cookie')?.split(';')[0] ?? '')
    for (const [name, value] of Object.entries(given)) if (value) headers.set(name, value)
    const answer = await fetch(`${url}/admin/api/dead-letters/drop`, {
      method: 'POST',
      headers,
      body: '{"ids":"all"}',
    })
    expect(answer.status).toBe(403)
  })
})

describe('on an origin of the shop the operator’s page is answered 404', () => {
  test.each([
    ['by its host', { 'x-forwarded-host': 'www.shop.example' }],
    ['by one of several proxies', { 'x-forwarded-host': 'www.shop.example, inner.example' }],
    ['for a script of the shop', { origin: shop }],
    ['for a script of the shop that reads', { referer: `${shop}/cart`, 'sec-fetch-site': 'same-origin' }],
  ])('%s, and a line says why', async (_, headers) => {
    const { url, log } = await startStore()
    for (const path of ['admin', 'admin/api/summary']) {
      expect((await fetch(`${url}/${path}`, { headers })).status).toBe(404)
    }
    expect(log.filter((line) => line.includes('allowedOrigins contains its origin'))).toHaveLength(1)
  })

  test('but a link from the shop to another host opens it', async () => {
    const { url } = await startStore()
    const headers = { referer: `${shop}/`, 'sec-fetch-site': 'cross-site' }
    expect((await fetch(`${url}/admin`, { headers })).status).toBe(200)
  })
})

describe('the operator sees', () => {
  test('the events, their orders, sources and state', async () => {
    const server = await startStore()
    const client = await signedIn(server.url)
    await postShop(server.url, shopCopy())
    await postPage(server.url, pageCopy())
    await server.tiktok.waitForAccepted(1)
    await vi.waitFor(async () => {
      const summary = await client.read<AdminSummary>('summary')
      expect(summary).toMatchObject({
        state: { status: 'ok', paused: false },
        waiting: 0,
        dead: {},
        matchKeys: { events: 1, orders: 1, share: { email: { events: 1, orders: 1 }, city: { events: 0, orders: 0 } } },
        delivery: { p50: expect.any(Number), p99: expect.any(Number) },
      })
      expect(summary.hours).toHaveLength(24)
      expect(summary.days).toHaveLength(30)
      const today = { events: { Purchase: { success: 1 } }, orders: 1, value: { EUR: 94.8 }, channels: { merged: 1 } }
      expect(summary.hours.at(-1)).toMatchObject(today)
      expect(summary.days.at(-1)).toMatchObject(today)
      expect(summary.sources).toMatchObject([
        { name: 'web', type: 'web', accepted: 1 },
        { name: 'webhook', type: 'webhook', accepted: 1, last: expect.any(Number) },
      ])
      expect(summary.disk.used).toBeGreaterThan(0)
      expect(summary.disk.limit).toBe(1e9)
    }, poll)
  })

  test('one order by its ID, and what to do about a line', async () => {
    const server = await startStore({
      filters: [{ event: 'Viewed Product', any: [{ property: 'vip', operator: 'is_set' }] }],
    })
    const client = await signedIn(server.url)
    await postShop(server.url, { ...shopCopy(), event_id: 'uuid-7' })
    await postShop(server.url, { event_name: 'Viewed Product', event_id: 'view-1' })
    await postShop(server.url, { event_name: 'No Such Event', event_id: 'none-1' })
    const found = () => client.read<AdminEvents>('events?q=1001')
    await vi.waitFor(async () => expect((await found()).lines).toHaveLength(1), poll)
    expect((await found()).lines[0]).toMatchObject({ event_id: 'uuid-7', order_id: '1001', event: 'Purchase' })
    const { lines } = await client.read<AdminEvents>('events')
    expect(lines.map(({ status, reason, advice }) => [status, reason, advice.length > 0])).toEqual([
      ['skipped', 'not_mapped', true],
      ['filtered', 'filter for Viewed Product: vip is_set', true],
      [expect.stringMatching(/waiting|success/), '', false],
    ])
  })

  test.each([
    ['status=new', 'status must be one of'],
    ['day=yesterday', 'day must be a date'],
    ['before=-1', 'before must be a whole number'],
    ['limit=1e9', 'limit must be a whole number'],
  ])('why the filter %s is wrong', async (query, sentence) => {
    const { url } = await startStore()
    const answer = await (await signedIn(url)).get(`events?${query}`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: expect.stringContaining(sentence) })
  })

  test('pages of events, each event once', async () => {
    const { url } = await startStore()
    const client = await signedIn(url)
    for (const id of ['1', '2', '3', '4', '5']) await postShop(url, lead(id))
    const ids: string[] = []
    let before = ''
    for (let page = 0; page < 3; page++) {
      const { lines, next } = await client.read<AdminEvents>(`events?limit=2${before}`)
      ids.push(...lines.map(({ event_id }) => event_id))
      expect(next === undefined).toBe(page === 2)
      before = `&before=${next}`
    }
    expect(ids).toEqual(['5', '4', '3', '2', '1'])
  })

  test('all lines as CSV, in which no cell is a formula', async () => {
    const { url } = await startStore()
    const client = await signedIn(url)
    const ids = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '"quoted", and more', 'plain']
    for (const event_id of ids) await postShop(url, lead(event_id))
    const answer = await client.get('events.csv')
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toContain('attachment')
    const { parse } = await import('csv-parse/sync')
    const rows: Record<string, string>[] = parse(await answer.text(), { columns: true })
    expect(rows).toHaveLength(ids.length)
    for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^\s*[=+\-@]/)
    expect(rows.map(({ event_id }) => event_id)).toEqual(
      expect.arrayContaining(["'=1+1", "'-1", '"quoted", and more', 'plain']),
    )
  })

  test('dead letters, retries them and drops them', async () => {
    const server = await startStore()
    const { url, tiktok, log } = server
    const client = await signedIn(url)
    tiktok.faults.always = { code: 40002, message: 'jane@example.com is no value' }
    for (const id of ['1', '2', '3']) await postShop(url, lead(id))
    const list = () => client.read<AdminDeadLetters>('dead-letters')
    await vi.waitFor(async () => expect(await list()).toMatchObject({ total: 3 }), poll)
    const { letters } = await list()
    expect(letters[0]).toMatchObject({ canRetry: true, attempts: 1, advice: expect.stringMatching(/\w/) })
    expect(JSON.stringify(letters)).not.toContain('jane')
    tiktok.faults.always = {}
    const ids = letters.map(({ id }) => id)
    const retried = await client.post('dead-letters/retry', { ids: ids.slice(0, 1) })
    expect(await retried.json()).toEqual({ changed: 1 } satisfies AdminChanged)
    await tiktok.waitForAccepted(1)
    expect(await (await client.post('dead-letters/drop', { ids: 'all' })).json()).toEqual({ changed: 2 })
    expect(await list()).toEqual({ letters: [], total: 0 })
    expect(log.join('\n')).toMatch(/dead letters were queued again chosen=1 changed=1/)
    expect(log.join('\n')).toMatch(/dead letters were dropped chosen=all changed=2/)
  })

  test.each([{}, { ids: [] }, { ids: 'some' }, { ids: ['1'] }, { ids: [1.5] }, { ids: [-1] }, []])(
    'an error if %j chooses no dead letters',
    async (body) => {
      const { url } = await startStore()
      expect((await (await signedIn(url)).post('dead-letters/drop', body)).status).toBe(400)
    },
  )

  test('the config in force without secrets, the snippet, and the addresses of webhooks', async () => {
    const secrets = { token: 'erp-token-of-the-shop', secret: 'shopify-secret-of-the-shop', hook: 'key-of-the-hook' }
    const { url } = await startStore({
      sources: { erp: { token: secrets.token }, shop: { type: 'shopify', secret: [secrets.secret] } },
      alerts: { url: `https://hooks.example/${secrets.hook}`, deadLetters: 5 },
      metricsToken: 'metrics-token-of-the-shop-and-of-nobody-else',
    })
    const setup = await (await signedIn(url)).read<AdminSetup>('setup')
    expect(setup.config).toMatchObject({
      allowedOrigins: [shop],
      accessToken: 'set',
      alerts: { url: 'set', deadLetters: 5 },
    })
    expect(setup.snippet).toBe(`<script async src="${url}/converge.js"></script>`)
    expect(setup.webhooks).toEqual([
      { source: 'erp', type: 'webhook', url: `${url}/webhook/erp` },
      { source: 'shop', type: 'shopify', url: `${url}/webhook/shop` },
      { source: 'webhook', type: 'webhook', url: `${url}/webhook/webhook` },
    ])
    expect(setup.addressNote).toContain('the host of this page')
    const text = JSON.stringify(setup)
    for (const secret of [...Object.values(secrets), accessToken, adminToken, webhookToken, 'metrics-token'])
      expect(text).not.toContain(secret)
  })

  test.each([
    ['the public URL that relay names', { relay: 'https://tiktok.shop.example' }, 'https://tiktok.shop.example'],
    ['relay as a path of the shop', { relay: '/tiktok/' }, `${shop}/tiktok`],
    ['the main server, if the page has a port of its own', { admin: { port: 0 } }, ''],
  ])('the snippet and the webhooks with %s', async (_, config, expected) => {
    const { url, adminUrl = `${url}/admin` } = await startStore(config)
    const setup = await (await signedIn(adminUrl.replace(/\/admin$/, ''))).read<AdminSetup>('setup')
    expect(setup.snippet).toContain(`"${expected || url}/converge.js"`)
    expect(setup.webhooks.map((one) => one.url)).toEqual([`${expected || url}/webhook/webhook`])
    expect(setup.addressNote).toContain(expected ? '' : 'on its own machine')
    expect(setup.addressNote === '').toBe(expected !== '')
  })

  test.each([
    ['the config', { paused: true }, { paused: 'config' }],
    ['nothing', {}, { paused: false }],
  ])('what pauses the intake: %s', async (_, config, state) => {
    const { url } = await startStore(config)
    expect(await (await signedIn(url)).read<AdminSummary>('summary')).toMatchObject({ state })
  })

  test('that there is no event log, if log is false', async () => {
    const { url } = await startStore({ log: false })
    const client = await signedIn(url)
    expect((await client.read<AdminSummary>('summary')).noLog).toContain('log is false in the config')
    expect(await client.read<AdminEvents>('events')).toEqual({ lines: [] })
    const other = await startStore()
    expect(await (await signedIn(other.url)).read<AdminSummary>('summary')).not.toHaveProperty('noLog')
  })
})
