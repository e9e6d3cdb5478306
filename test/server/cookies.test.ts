import { describe, expect, onTestFinished, test } from 'vitest'
import { createSqliteStore } from '../../src/node/index.ts'
import { createForwarder, type ForwarderConfig } from '../../src/server/forwarder.ts'
import type { RelayBatch, RelayedEvent } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'
import { createMemoryOutbox } from './memory-outbox.ts'
import { newPath } from './outbox-kit.ts'
import { batchOf, relayed } from './relayed.ts'
import { accessToken, noon, shop, startForwarder } from './start-forwarder.ts'
import { pageCopy, startStore } from './start-store.ts'

const visitor = 'ab'.repeat(32)
const other = 'cd'.repeat(32)
const ttclid = 'E.C.P.abc'
const day = 86_400_000
const granted: Partial<RelayedEvent> = { visitor, ttclid }
const attributes = (seconds: number) => `Domain=shop.test; Path=/; Max-Age=${seconds}; Secure; SameSite=Lax`
const month = attributes(2_592_000)

interface Post {
  config?: Partial<ForwarderConfig>
  event?: Partial<RelayedEvent>
  batch?: Partial<RelayBatch>
  headers?: Record<string, string>
}

/** The cookies that the answer to a page's post sets. */
async function post({ config, event = granted, batch = { cookies: { visitor, ttclid } }, headers }: Post = {}) {
  const { postEvents } = startForwarder({ cookies: true, domain: 'shop.test', ...config })
  const answer = await postEvents({ ...batchOf(relayed(event)), ...batch }, headers)
  return { answer, cookies: answer.headers.getSetCookie() }
}

describe('the answer to a page', () => {
  test('sets both cookies for 30 days on the shop’s domain, readable by scripts, and is not stored by any cache', async () => {
    const { answer, cookies } = await post()
    expect(cookies).toEqual([
      `converge.visitor=${visitor}.${noon}; ${month}`,
      `converge.ttclid=${ttclid}.${noon}; ${month}`,
    ])
    expect(answer.status).toBe(202)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBe(shop)
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
  })

  test.each([
    ['www.shop.test', 'shop.test'],
    ['https://Shop.Test/', 'shop.test'],
  ])('uses the domain without www: %s', async (domain, name) => {
    expect((await post({ config: { domain } })).cookies[0]).toContain(`; Domain=${name};`)
  })

  test.each<[title: string, cookie: string, set: string[]]>([
    ['no cookie', 'other=1', ['visitor', 'ttclid']],
    [
      'both, set today',
      `converge.visitor=${visitor}.${noon - day + 1}; converge.ttclid=${ttclid}.${noon - day + 1}`,
      [],
    ],
    [
      'both, set yesterday',
      `converge.visitor=${visitor}.${noon - day}; converge.ttclid=${ttclid}.${noon - day}`,
      ['visitor'],
    ],
    [
      'both, set by a clock ahead',
      `converge.visitor=${visitor}.${noon + 1}; converge.ttclid=${ttclid}.${noon + 1}`,
      ['visitor'],
    ],
    ['both, written by a script', `converge.visitor=${visitor}; converge.ttclid=${ttclid}`, ['visitor', 'ttclid']],
    [
      'those of another visitor and click',
      `converge.visitor=${other}.${noon}; converge.ttclid=E.2.${noon}`,
      ['visitor', 'ttclid'],
    ],
    [
      'two of one name',
      `converge.visitor=${other}.1; converge.visitor=${visitor}.${noon}; converge.ttclid=${ttclid}.${noon}`,
      [],
    ],
    [
      'similar names',
      `xconverge.visitor=${visitor}.${noon}; converge.ttclid2=${ttclid}.${noon}`,
      ['visitor', 'ttclid'],
    ],
    ['no valid time', `converge.visitor=${visitor}.soon; converge.ttclid=${ttclid}.`, ['visitor', 'ttclid']],
  ])('sets each at most once a day, and the click ID once. The browser has %s', async (_, cookie, set) => {
    const { cookies } = await post({ headers: { cookie } })
    expect(cookies.map((one) => /^converge\.(\w+)=/.exec(one)?.[1])).toEqual(set)
  })

  test('sets only what the page names', async () => {
    expect((await post({ batch: { cookies: { ttclid } }, event: { ttclid } })).cookies).toEqual([
      `converge.ttclid=${ttclid}.${noon}; ${month}`,
    ])
    expect((await post({ batch: { cookies: { visitor } } })).cookies).toHaveLength(1)
    expect((await post({ batch: {} })).cookies).toEqual([])
  })

  test.each<[title: string, post: Post]>([
    ['the config turns them off', { config: { cookies: false } }],
    ['there is an outbox and no store', { config: { cookies: undefined } as object }],
    ['the config has no domain', { config: { domain: undefined } as object }],
    [
      'the page is on another domain',
      { headers: { origin: 'https://shop.example' }, config: { allowedOrigins: ['https://shop.example'] } },
    ],
    [
      'the page’s domain only ends alike',
      { headers: { origin: 'https://myshop.test' }, config: { allowedOrigins: ['https://myshop.test'] } },
    ],
    ['the page is sandboxed', { headers: { origin: 'null' }, config: { allowedOrigins: ['null'] } }],
    ['the origin is not allowed', { headers: { origin: 'https://evil.shop.test' } }],
    [
      'the browser says that page and forwarder are of different sites',
      { headers: { 'sec-fetch-site': 'cross-site' } },
    ],
    ['no event is of the visitor that the page names', { event: { ...granted, visitor: other } }],
    ['the only event is not valid', { event: { ...granted, consent: 5 } as object }],
    [
      'a value could break out of the header',
      { batch: { cookies: { visitor: 'x; Domain=evil.test', ttclid: 'a;b' } } },
    ],
  ])('sets no cookie if %s', async (_, given) => {
    expect((await post(given)).cookies).toEqual([])
  })

  test.each<
    [title: string, mode: NonNullable<ForwarderConfig['consent']>, consent: RelayedEvent['consent'], count: number]
  >([
    ['granted', 'require', { marketing: 'granted' }, 2],
    ['undecided', 'require', {}, 0],
    ['denied', 'require', { marketing: 'denied' }, 0],
    ['granted', 'always_server', { marketing: 'granted' }, 2],
    ['undecided', 'always_server', {}, 0],
    ['denied', 'always_server', { marketing: 'denied' }, 0],
    ['undecided', 'implied', {}, 2],
    ['denied', 'implied', { marketing: 'denied' }, 0],
    ['undecided', 'always', {}, 2],
  ])('follows consent, whatever the page asks for: %s under %s', async (_, mode, consent, count) => {
    const { cookies } = await post({ config: { consent: mode }, event: { ...granted, consent } })
    expect(cookies).toHaveLength(count)
  })

  test.each([
    [{ 'sec-gpc': '1' }, {}],
    [{}, { gpc: true as const }],
  ])('sets no cookie if Global Privacy Control denies consent: %o %o', async (headers, event) => {
    const config = { gpc: 'deny' } as const
    const { cookies } = await post({ config, headers, event: { ...granted, consent: {}, ...event } })
    expect(cookies).toEqual([])
  })

  test('to a denial deletes both', async () => {
    const { cookies } = await post({ batch: { denied: { visitor }, cookies: { visitor, ttclid } } })
    expect(cookies).toEqual([`converge.visitor=; ${attributes(0)}`, `converge.ttclid=; ${attributes(0)}`])
  })

  test('sets no cookie if the events could not be stored', async () => {
    const outbox = createMemoryOutbox()
    outbox.add = async () => {
      throw new Error('disk full')
    }
    const { answer, cookies } = await post({ config: { outbox } })
    expect([answer.status, cookies]).toEqual([503, []])
  })
})

test('a sandboxed page is not answered with Access-Control-Allow-Credentials', async () => {
  const { answer } = await post({ headers: { origin: 'null' }, config: { allowedOrigins: ['null'] } })
  expect(answer.headers.get('access-control-allow-origin')).toBe('null')
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
})

describe('the served script', () => {
  async function served(config: Partial<ForwarderConfig>) {
    const { fetch } = startForwarder(config)
    const response = await fetch(new Request(`${shop}/relay/converge.js`, { headers: { cookie: 'a=1', origin: shop } }))
    return { text: await response.text(), cookies: response.headers.getSetCookie() }
  }

  test.each<[config: Partial<ForwarderConfig>, isOffered: boolean]>([
    [{ cookies: true, domain: 'shop.test' }, true],
    [{ cookies: true }, false],
    [{ cookies: false, domain: 'shop.test' }, false],
    [{ domain: 'shop.test' }, false],
  ])('says whether the forwarder keeps cookies, and never sets one: %o', async (config, isOffered) => {
    const { text, cookies } = await served(config)
    expect(text.split('\n')[0]?.includes('"cookies":true')).toBe(isOffered)
    expect(cookies).toEqual([])
  })

  test('offers them by default with a store', async () => {
    const store = createSqliteStore({ path: newPath(), pixelId })
    onTestFinished(() => store.close())
    const config = { pixelId, accessToken, allowedOrigins: [shop], domain: 'shop.test', store }
    const response = await createForwarder(config).fetch(new Request(`${shop}/converge.js`))
    expect(await response.text()).toContain('"cookies":true')
  })
})

test('serve() sends both cookies with its database, and none with an outbox', async () => {
  const [domain, outbox] = ['shop.example', newPath()]
  const servers = [await startStore({ domain }), await startStore({ domain, outbox })]
  const counts = servers.map(async ({ url }) => {
    const batch = pageCopy({}, { visitor, ttclid })
    const body = JSON.stringify({ ...batch, cookies: { visitor, ttclid } })
    const response = await fetch(`${url}/events`, {
      ...{ method: 'POST', body },
      headers: { origin: 'https://www.shop.example' },
    })
    return [response.status, response.headers.getSetCookie().map((cookie) => cookie.split('=')[0])]
  })
  expect(await Promise.all(counts)).toEqual([
    [202, ['converge.visitor', 'converge.ttclid']],
    [202, []],
  ])
})
