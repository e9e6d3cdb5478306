import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config, RelayedEvent } from '../../src/types.ts'
import { need, relayIfAny } from './build.ts'
import { createDevice, type Device } from './device.ts'
import { openPage, openShop, type Page } from './page.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const day = 86_400_000
const shop = 'https://www.shop.test/'
const cookie = 'converge.ttclid'

interface Visit {
  url?: string
  referrer?: string
  device?: Device
  config?: Partial<Config>
}

function visit({ config, ...opening }: Visit = {}) {
  const page = openPage({ url: shop, ...opening })
  return { ...openShop({ ...relayIfAny, ...config }, page), device: page.device }
}

async function run({ idle }: Page): Promise<void> {
  for (const { run } of idle.splice(0)) run()
  await vi.advanceTimersByTimeAsync(0)
}

/** What is relayed of one event. */
async function relayed({
  page,
  track,
}: Pick<ReturnType<typeof visit>, 'page' | 'track'>): Promise<RelayedEvent | undefined> {
  need('relay')
  track('Searched')
  await run(page)
  return page.posts.at(-1)?.events.at(-1)
}

describe('the click ID', () => {
  test.each([
    ['as the only parameter', `${shop}?ttclid=E.C.P.a_1-b`],
    ['after other parameters', `${shop}caps?color=red&ttclid=E.C.P.a_1-b`],
    ['before other parameters', `${shop}?ttclid=E.C.P.a_1-b&utm=x#top`],
  ])('is read from the URL: %s', async (_, url) => {
    const page = visit({ url })
    expect(await relayed(page)).toMatchObject({ ttclid: 'E.C.P.a_1-b' })
    expect(page.converge.context().ttclid).toBe('E.C.P.a_1-b')
  })

  test("is stored in a cookie for 30 days, on the shop's domain", async () => {
    const { page, device } = visit({ url: `${shop}?ttclid=E.C.P.1`, config: { domain: 'shop.test' } })
    await run(page)
    const [written, ...others] = device.touches.filter((touch) => touch.startsWith('cookie '))
    expect(others).toEqual([])
    expect(written?.slice('cookie '.length).split(';').sort()).toEqual([
      `${cookie}=E.C.P.1`,
      'domain=shop.test',
      `max-age=${(30 * day) / 1000}`,
      'path=/',
    ])
  })

  test('is known on later pages, for 30 days', async () => {
    const { page, device } = visit({ url: `${shop}?ttclid=E.C.P.1` })
    await run(page)
    page.close()
    vi.setSystemTime(Date.now() + 29 * day)
    expect(await relayed(visit({ device }))).toMatchObject({ ttclid: 'E.C.P.1' })
    vi.setSystemTime(Date.now() + 2 * day)
    expect(await relayed(visit({ device }))).not.toHaveProperty('ttclid')
  })

  test('of a new click replaces the former one', async () => {
    const { page, device } = visit({ url: `${shop}?ttclid=E.C.P.1` })
    await run(page)
    const next = visit({ url: `${shop}?ttclid=E.C.P.2`, device })
    expect(await relayed(next)).toMatchObject({ ttclid: 'E.C.P.2' })
    expect(await relayed(visit({ device }))).toMatchObject({ ttclid: 'E.C.P.2' })
  })

  test('of the landing page is read from the referrer if consent came on the second page', async () => {
    const landing = `${shop}?ttclid=E.C.P.1`
    const first = visit({ url: landing, config: { consent: 'require' } })
    await run(first.page)
    expect(first.device.cookie).toBe('')
    first.page.close()
    const second = visit({
      url: `${shop}cart`,
      referrer: landing,
      device: first.device,
      config: { consent: 'require' },
    })
    await run(second.page)
    expect(second.converge.context().ttclid).toBeUndefined()
    second.converge.consent({ marketing: 'granted' })
    expect(await relayed(second)).toMatchObject({ ttclid: 'E.C.P.1' })
    const third = visit({ device: first.device, config: { consent: 'require' } })
    expect(await relayed(third)).toMatchObject({ ttclid: 'E.C.P.1' })
  })

  test('ends where the URL does, on every page of the shop', async () => {
    const url = `${shop}de?ttclid=E.C.P.1`
    expect(await relayed(visit({ url, referrer: shop }))).toMatchObject({ ttclid: 'E.C.P.1' })
  })

  test.each([
    'https://ads.test/?ttclid=E.C.P.1',
    'https://www.shop.test.ads.test/?ttclid=E.C.P.1',
    'https://shop.test/?ttclid=1',
  ])('in the referrer of another origin is ignored: %s', async (referrer) => {
    expect(await relayed(visit({ referrer }))).not.toHaveProperty('ttclid')
  })

  test.each(['', '?ttclid=', '?xttclid=E.C.P.1', '?q=ttclid', '#ttclid=E.C.P.1'])(
    'writes no cookie if there is none: "%s"',
    async (search) => {
      const page = visit({ url: `${shop}${search}` })
      expect(await relayed(page)).not.toHaveProperty('ttclid')
      expect(page.device.cookie).toBe('')
      expect(page.device.touches.filter((touch) => touch.startsWith('cookie '))).toEqual([])
    },
  )

  test('cannot inject anything into the cookie', async () => {
    const { page, device } = visit({ url: `${shop}?ttclid=E.C;domain=evil.test%3Bpath=/x` })
    await run(page)
    expect(device.cookie).toBe(`${cookie}=E.C`)
  })

  test('is shared by all pixels of the page', async () => {
    const { page, device } = visit({ url: `${shop}?ttclid=E.C.P.1` })
    await run(page)
    const other = visit({ device, config: { pixelId: 'OTHER00000OTHER00000' } })
    expect(await relayed(other)).toMatchObject({ ttclid: 'E.C.P.1' })
  })
})

describe("TikTok's cookie", () => {
  test('is read when an event needs it, because it may be set late', async () => {
    const shop = visit()
    expect(await relayed(shop)).not.toHaveProperty('ttp')
    shop.device.cookie = 'cart=1'
    shop.device.cookie = '_ttp=2abc.XYZ-1'
    expect(await relayed(shop)).toMatchObject({ ttp: '2abc.XYZ-1' })
    expect(shop.converge.context().ttp).toBe('2abc.XYZ-1')
  })

  test('is not confused with a cookie whose name ends alike', async () => {
    const device = createDevice()
    device.cookie = 'x_ttp=1'
    expect(await relayed(visit({ device }))).not.toHaveProperty('ttp')
  })
})

describe('context()', () => {
  test('returns what a webhook can send back', () => {
    const device = createDevice()
    device.cookie = '_ttp=ttp-1'
    const { page, converge } = visit({ url: `${shop}cart?ttclid=E.C.P.1`, device })
    converge.consent({ analytics: 'granted', marketing: 'granted' })
    expect(converge.context()).toStrictEqual({
      ttclid: 'E.C.P.1',
      ttp: 'ttp-1',
      visitor: expect.stringMatching(/^[\da-f]{64}$/),
      external_id: undefined,
      url: `${shop}cart?ttclid=E.C.P.1`,
      userAgent: page.window.navigator.userAgent,
      consent: { analytics: 'granted', marketing: 'granted' },
    })
  })

  test('has no personal data and no secrets in its URL', () => {
    const url = `${shop}reset/jane@example.com?email=jane%40example.com&token=s3cret&phone=0664&color=red`
    const said = visit({ url }).converge.context().url
    expect(said).not.toMatch(/jane|s3cret|0664/)
    expect(said).toContain('color=red')
  })

  test('works if cookies and storage throw', () => {
    const device = createDevice()
    device.fault = 'blocked'
    const { converge } = visit({ url: `${shop}?ttclid=E.C.P.1`, device })
    expect(converge.context()).toMatchObject({ ttclid: 'E.C.P.1', url: `${shop}?ttclid=E.C.P.1` })
  })
})

describe('a context from the page', () => {
  const context = {
    url: `${shop}checkouts/1?email=jane@example.com`,
    referrer: `${shop}cart`,
    userAgent: 'Top/1.0',
    ttclid: 'E.C.P.top',
    ttp: 'ttp-top',
  }

  test("is used instead of the page's own data", async () => {
    const page = visit({ url: 'https://sandbox.test/?ttclid=E.C.P.frame', config: { context } })
    expect(await relayed(page)).toMatchObject({
      ttclid: 'E.C.P.top',
      ttp: 'ttp-top',
      page: { url: expect.stringMatching(/^https:\/\/www\.shop\.test\/checkouts\/1/), referrer: `${shop}cart` },
    })
    expect(page.converge.context()).toMatchObject({ ttclid: 'E.C.P.top', ttp: 'ttp-top', userAgent: 'Top/1.0' })
    expect(JSON.stringify(page.page.posts)).not.toContain('jane')
  })

  test('prevents all access to storage and cookies', async () => {
    const { page, device, converge, track } = visit({ url: `${shop}?ttclid=E.C.P.1`, config: { context } })
    page.relayStatus = 0
    track('Placed Order', { id: '1' }, { profileProperties: { $email: 'jane@example.com' } })
    await run(page)
    converge.context()
    converge.consent({ marketing: 'granted' })
    converge.consent({ marketing: 'denied' })
    page.close()
    expect(device.touches).toEqual([])
  })

  test('is not completed from the page', async () => {
    const page = visit({ config: { context: { url: shop } } })
    const event = await relayed(page)
    expect(event).not.toHaveProperty('ttclid')
    expect(event).not.toHaveProperty('ttp')
    expect(event?.consent).toEqual({})
    expect(page.converge.context().userAgent).toBe(page.page.window.navigator.userAgent)
  })
})
