import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Hit, never } from '../tiktok/pixel-host.ts'
import { classicalPage } from '../tiktok/snippet.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser } from './in-each-browser.ts'
import { atRest } from './shop.ts'

const ours = 'C4OURS00000000000001'
const other = 'C4OTHER0000000000002'
const shop = 'http://www.shop.test/'

/** The globals of the page after the snippet has run. */
interface Ttq extends Array<unknown> {
  load(id: string, options?: object): void
  instance(id: string): Ttq
  page(...args: unknown[]): void
  track(...args: unknown[]): void
  identify(person: object): void
  grantConsent(): void
  revokeConsent(): void
  disableCookie(): void
  initialize?: boolean
  _mounted?: boolean
  _i: Record<string, { info?: { status: number }; _init?: boolean }>
}
declare global {
  interface Window {
    ttq: Ttq
    /** See `watch`. */
    signs: string[]
    scriptsSettled(count: number): Promise<void>
  }
}

/** Which hits: "event of pixel (event_id)". */
const told = (hits: Hit[]) =>
  hits.map(
    (hit) =>
      `${hit.event} ${hit.context.pixel.code === ours ? 'ours' : 'other'}${hit.event_id ? ` ${hit.event_id}` : ''}`,
  )
const has = (event: string) => (hits: Hit[]) => hits.some((hit) => hit.event === event)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const loadBoth = `ttq.load('${other}'); ttq.load('${ours}');`

/** Notes what becomes of the pixel's scripts, and whether our config was there by then. */
const watch = `<script>
  window.signs = []
  var look = function () {}
  ;['load', 'error'].forEach(function (type) {
    document.addEventListener(type, function (event) {
      var script = event.target
      if (script.tagName !== 'SCRIPT' || /identify/.test(script.src)) return
      signs.push((script.dataset.id ? 'main ' : 'events ') + type + (ttq._i['${ours}'] && ttq._i['${ours}'].info ? ', info' : ''))
      look()
    }, true)
  })
  window.scriptsSettled = function (count) {
    return new Promise(function (resolve) {
      look = function () { if (signs.length >= count) resolve() }
      look()
    })
  }
</script>`

/** A promise, and what resolves it. */
const gate = () => {
  let open = () => {}
  const after = new Promise<void>((resolve) => {
    open = resolve
  })
  return { after, open }
}

/** The page of a former test, which the next test uses again. */
let former: Page | undefined
/** The page of a former test, which is used again by none. */
let closed: Page | undefined

inEachBrowser((stage) => {
  /** Opens a shop whose page runs `calls` after the snippet. */
  const visit = (calls: string) => {
    const next = '<!doctype html><title>Next</title>'
    stage.network.serve('www.shop.test', { '/': classicalPage(calls, watch), '/next': next })
    return stage.open(shop)
  }
  const tiktok = () => stage.network.tiktok
  /** Resolves when so many of the pixel's scripts have loaded or failed. */
  const scriptsSettled = (page: Page, count: number) => page.evaluate((n) => window.scriptsSettled(n), count)
  /** Opens a shop; the pixel takes over when so many events.js are there: as many as `calls` loads. */
  const visitLive = async (calls: string, loads = calls.split('ttq.load(').length - 1) => {
    const { after, open } = gate()
    tiktok().faults.main.after = after
    const page = await visit(calls)
    await scriptsSettled(page, loads)
    open()
    await scriptsSettled(page, loads + 1)
    return page
  }
  const endOf = (event = 'End') => tiktok().waitForHits(has(event))

  test("a hit of TikTok's classic snippet arrives over TLS, with the URL of its page", async () => {
    await visit(`ttq.load('${ours}'); ttq.page()`)
    const [hit] = await tiktok().waitForHits(1)
    expect(hit).toMatchObject({
      event: 'Pageview',
      properties: {},
      context: { pixel: { code: ours }, page: { url: shop } },
    })
    expect(hit?.headers['content-type']).toMatch(/^text\/plain/)
    expect(stage.network.log.map(({ method, host, secure, path }) => `${method} ${secure} ${host}${path}`)).toEqual(
      expect.arrayContaining([
        'GET false www.shop.test/',
        `GET true analytics.tiktok.com/i18n/pixel/events.js?sdkid=${ours}&lib=ttq`,
        'POST true analytics.tiktok.com/api/v2/pixel',
      ]),
    )
    expect(stage.network.strays).toEqual([])
  })

  test('a request to an unserved host is recorded as a stray', async () => {
    const page = await visit(`ttq.load('${ours}')`)
    await page.evaluate(() => fetch('http://elsewhere.test/x').catch(() => {}))
    expect(stage.network.strays).toEqual(['http://elsewhere.test/x'])
  })

  test('each page has its own storage, and a second tab shares it on request', async () => {
    const page = await visit('')
    await page.evaluate(() => {
      localStorage.setItem('seen', 'yes')
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on http:// pages
      document.cookie = 'seen=yes'
    })
    const seen = () => [localStorage.getItem('seen'), document.cookie]
    const tab = await stage.newPage({ shared: page })
    await tab.goto(shop)
    expect(await tab.evaluate(seen)).toEqual(['yes', 'seen=yes'])
    expect(await page.evaluate(seen)).toEqual(['yes', 'seen=yes'])
    const stranger = await stage.open(shop)
    expect(await stranger.evaluate(seen)).toEqual([null, ''])
  })

  test.each(['first', 'second', 'third'])(
    'the %s test with a page finds nothing of the former tests',
    async (title) => {
      const page = await visit('')
      const found = () => [document.cookie, window.name, localStorage.length, sessionStorage.length]
      expect(await page.evaluate(found)).toEqual(['', '', 0, 0])
      expect(page.consoleErrors).toEqual([])
      await page.evaluate(() => {
        // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on http:// pages
        document.cookie = 'seen=yes; domain=shop.test; max-age=1000'
        window.name = 'seen'
        localStorage.setItem('seen', 'yes')
        sessionStorage.setItem('seen', 'yes')
        console.error('seen')
        addEventListener('pagehide', () => {
          localStorage.setItem('left', 'yes')
          navigator.sendBeacon('/late')
          navigator.sendBeacon('https://late.test/')
        })
      })
      await atRest(page)
      expect(stage.network.log.filter(({ path }) => path === '/late')).toEqual([])
      expect(stage.network.strays).toEqual([])
      if (title !== 'first') expect(page).toBe(former)
      former = page
    },
  )

  const kept: [what: string, leave: (page: Page) => unknown][] = [
    ['a document of another origin', (page) => page.goto('https://www.shop.test/')],
    ['a response that may be cached', (page) => page.goto(`${shop}cached`)],
    ['a cookie of a response', (page) => page.goto(`${shop}cookie`)],
    ['a tab that the page has opened', (page) => page.evaluate(() => void window.open('/'))],
  ]
  test.each(kept)('a page is closed with its test, because no other test shall find %s', async (_, leave) => {
    const page = await stage.newPage()
    expect(page).not.toBe(closed)
    const body = '<!doctype html>'
    stage.network.serve('www.shop.test', {
      '/': body,
      '/cached': { body, headers: { 'cache-control': 'max-age=60' } },
      '/cookie': { body, headers: { 'set-cookie': 'seen=yes' } },
    })
    await page.goto(shop)
    await leave(page)
    closed = page
  })

  test('a page can reload and go back, and reports its errors', async () => {
    const page = await visit('')
    await page.goto(`${shop}next`)
    await page.reload()
    expect(await page.evaluate('document.title')).toBe('Next')
    await page.back()
    expect(await page.evaluate('document.title')).toBe('Shop')
    await page.evaluate(() => {
      console.error('said')
      setTimeout(() => {
        throw new Error('thrown')
      }, 0)
      return new Promise((resolve) => setTimeout(resolve, 0))
    })
    const wanted = stage.name === 'webkit' ? [] : ['said', 'thrown'] // WebKit's driver reports no errors
    // The driver reports them with a delay.
    for (const word of wanted) await expect.poll(() => page.consoleErrors.join()).toContain(word)
  })

  test('a queued track with pixel_code is sent only by that pixel, in order, and survives a later load', async () => {
    await visitLive(`${loadBoth}
      ttq.track('One', {}, { event_id: '1', pixel_code: '${ours}' })
      ttq.track('Two', {}, { event_id: '2', pixel_code: '${ours}' })
      ttq.load('${ours}')
      ttq.track('End')`)
    const hits = await tiktok().waitForHits((all) => all.filter((hit) => hit.event === 'End').length === 3)
    // Twice each, as its id was loaded twice.
    expect(told(hits).filter((line) => !line.startsWith('End'))).toEqual([
      ...['One ours 1', 'One ours 1', 'Two ours 2', 'Two ours 2'],
    ])
  })

  test('a track with pixel_code waits for a pixel that loads after another one went live', async () => {
    const { after, open } = gate()
    tiktok().faults.eventsOf[ours] = { after }
    const page = await visitLive(loadBoth, 1)
    expect(await page.evaluate((id) => [window.ttq.initialize, window.ttq._i[id]?._init], ours)).toEqual([true, null])
    await page.evaluate((id) => window.ttq.track('Late', {}, { event_id: '1', pixel_code: id }), ours)
    open()
    expect(told(await tiktok().waitForHits(1))).toEqual(['Late ours 1'])
  })

  test('a queued call on an instance is lost when a later snippet loads the same id', async () => {
    await visitLive(`ttq.load('${ours}')
      ttq.instance('${ours}').track('Lost')
      ttq.load('${ours}')
      ttq.instance('${ours}').track('Kept')`)
    expect(told(await endOf('Kept'))).toEqual(['Kept ours'])
  })

  test('on a live page, a track with pixel_code is sent only by that pixel, twice if its ID was loaded twice', async () => {
    const page = await visitLive(`${loadBoth} ttq.load('${ours}')`)
    await page.evaluate((id) => window.ttq.track('Twice', {}, { event_id: '1', pixel_code: id }), ours)
    expect(told(await tiktok().waitForHits(2))).toEqual(['Twice ours 1', 'Twice ours 1'])
  })

  test('on a live page, a track on an instance is sent only by that pixel, once', async () => {
    const page = await visitLive(`${loadBoth} ttq.load('${ours}')`)
    await page.evaluate((id) => {
      window.ttq.instance(id).track('Once', {}, { event_id: '1' })
      window.ttq.instance(id).track('End')
    }, ours)
    expect(told(await endOf())).toEqual(['Once ours 1', 'End ours'])
  })

  test('global calls are sent by every loaded pixel, queued and live', async () => {
    const page = await visitLive(`${loadBoth} ttq.page(); ttq.track('Queued', {}, { event_id: '1' })`)
    await page.evaluate(() => window.ttq.track('Now', {}, { event_id: '2' }))
    expect(told(await tiktok().waitForHits(6)).sort()).toEqual([
      ...['Now other 2', 'Now ours 2', 'Pageview other', 'Pageview ours', 'Queued other 1', 'Queued ours 1'],
    ])
  })

  test('a page view queued on an instance is sent by every pixel', async () => {
    await visitLive(`${loadBoth} ttq.instance('${ours}').page({}, { event_id: '1' })`)
    expect(told(await tiktok().waitForHits(2)).sort()).toEqual(['Pageview other 1', 'Pageview ours 1'])
  })

  test('on a live page, a page view on an instance is sent only by it, and is lost while its pixel loads', async () => {
    tiktok().faults.eventsOf[ours] = { after: never }
    const page = await visitLive(loadBoth, 1)
    await page.evaluate(
      ([mine, theirs]) => {
        window.ttq.instance(mine).page()
        window.ttq.instance(theirs).page()
      },
      [ours, other] as const,
    )
    expect(told(await tiktok().waitForHits(1))).toEqual(['Pageview other'])
    const thrown = await page.evaluate((id) => {
      try {
        window.ttq.instance(id).identify({})
        return 'nothing'
      } catch {
        return 'an error'
      }
    }, ours)
    expect(thrown).toBe('an error')
  })

  test('identify applies to all pixels, reaches hits called before it, and sends an extra hit', async () => {
    await visitLive(`${loadBoth} ttq.track('Before')
      ttq.identify({ email: ' Ann@Shop.test ', phone_number: '+4915112345678', external_id: 'plain', first_name: 'Ann' })`)
    const hits = await tiktok().waitForHits(4)
    expect(told(hits).sort()).toEqual(['Before other', 'Before ours', 'EnrichAM other', 'EnrichAM ours'])
    const user = { email: sha256('ann@shop.test'), phone_number: sha256('+4915112345678'), external_id: 'plain' }
    for (const hit of hits) expect(hit.context.user).toEqual(user)
  })

  test('hashed values are sent unchanged', async () => {
    await visitLive(`ttq.load('${ours}'); ttq.identify({ email: '${sha256('ann@shop.test')}' })`)
    const [hit] = await tiktok().waitForHits(1)
    expect(hit?.context.user).toEqual({ email: sha256('ann@shop.test') })
  })

  test('after identify every hit waits for the identify chunk, and is sent without identity if that is missing', async () => {
    const { after, open } = gate()
    tiktok().faults.identify = { status: 404, after }
    const page = await visitLive(`ttq.load('${ours}');`)
    const waiting = await page.evaluate(() => {
      window.ttq.track('Before')
      window.ttq.identify({ email: 'ann@shop.test' })
      return new Promise((resolve) => setTimeout(() => resolve('a task later'), 0))
    })
    expect([waiting, ...tiktok().hits]).toEqual(['a task later'])
    open()
    const hits = await tiktok().waitForHits(2)
    expect(hits.map((hit) => [hit.event, hit.context.user])).toEqual([
      ['Before', {}],
      ['EnrichAM', {}],
    ])
  })

  test('on a live page, page, track, identify and instance are getters, and a kept stub pushes into a dead array', async () => {
    const page = await visitLive(`window.kept = ttq.track; ttq.load('${ours}')`)
    const found = await page.evaluate((id) => {
      const { ttq } = window
      ttq.track = () => {
        throw new Error('wrapped')
      }
      Reflect.get(window, 'kept')('Dead')
      ttq.track('End')
      const getters = ['page', 'track', 'identify', 'instance'].map(
        (name) => !!Object.getOwnPropertyDescriptor(ttq, name)?.get,
      )
      return { getters, live: [ttq.initialize, ttq._mounted, ttq._i[id]?._init], dead: ttq.length }
    }, ours)
    expect(found).toEqual({ getters: [true, true, true, true], live: [true, true, true], dead: 1 })
    expect(told(await endOf())).toEqual(['End ours'])
    await page.evaluate((id) => window.ttq.load(id), other)
    expect(told(await tiktok().waitForHits(3))).toEqual(['End ours', 'Dead ours', 'Dead other'])
  })

  test('an entry of the queue that is not an array stops the draining there', async () => {
    const page = await visitLive(`ttq.load('${ours}'); ttq.track('First')
      ;(function () { ttq.push(arguments) })('track', 'Pushed')
      ttq.track('Behind')`)
    await page.evaluate(() => window.ttq.track('End'))
    expect(told(await endOf())).toEqual(['First ours', 'End ours'])
  })

  test('parameters are read later, and the currency in them is upper-cased', async () => {
    const page = await visitLive(`ttq.load('${ours}');`)
    const left = await page.evaluate(async () => {
      const parameters = { currency: 'eur', value: 1, ratio: Number.NaN }
      window.ttq.track('Changed', parameters)
      parameters.value = 2
      await new Promise((resolve) => setTimeout(resolve, 0))
      return parameters.currency
    })
    const [hit] = await tiktok().waitForHits(1)
    expect(hit?.properties).toEqual({ currency: 'EUR', value: 2, ratio: null })
    expect(left).toBe('EUR')
  })

  test('frozen parameters with a currency, a BigInt and a cycle lose their events', async () => {
    const page = await visitLive(`ttq.load('${ours}');`)
    await page.evaluate(() => {
      const { ttq } = window
      const cycle: Record<string, unknown> = {}
      cycle.cycle = cycle
      ttq.track('Frozen', Object.freeze({ currency: 'EUR' }))
      ttq.track('BigInt', { value: BigInt(1) })
      ttq.track('Cycle', cycle)
      ttq.track('End', Object.freeze({ value: 1 }))
    })
    expect(told(await endOf())).toEqual(['End ours'])
  })

  test('URL and identity are read when a hit is sent', async () => {
    const page = await visitLive(`ttq.load('${ours}', { historyObserver: false });`)
    await page.evaluate(() => {
      const { ttq } = window
      ttq.identify({ external_id: 'first' })
      ttq.track('First')
      ttq.identify({ external_id: 'second' })
      ttq.track('Second')
      history.pushState(null, '', '/next')
    })
    const hits = await tiktok().waitForHits(2)
    const seen = hits.map(({ context }) => [context.page.url, context.user.external_id])
    expect(seen).toEqual([
      [`${shop}next`, 'second'],
      [`${shop}next`, 'second'],
    ])
  })

  test('page() skips the URL that it sent last; a tracked Pageview is never skipped, even with a repeated event_id', async () => {
    const page = await visitLive(`ttq.load('${ours}');`)
    await page.evaluate(() => {
      const { ttq } = window
      ttq.page()
      ttq.page()
      ttq.track('Pageview', {}, { event_id: '1' })
      ttq.track('Pageview', {}, { event_id: '1' })
    })
    expect(told(await tiktok().waitForHits(3))).toEqual(['Pageview ours', 'Pageview ours 1', 'Pageview ours 1'])
  })

  test('unless historyObserver is false, the pixel sends a page view on every navigation', async () => {
    const page = await visitLive(`ttq.load('${ours}', { historyObserver: false }); ttq.load('${other}');`)
    await page.evaluate(async (id) => {
      const popped = new Promise((resolve) => addEventListener('popstate', resolve))
      history.pushState(null, '', '/a')
      window.ttq.track('Pageview', {}, { event_id: '1', pixel_code: id })
      history.replaceState(null, '', '/b')
      history.back()
      await popped
    }, other)
    const hits = await tiktok().waitForHits(4)
    expect(told(hits)).toEqual(['Pageview other', 'Pageview other 1', 'Pageview other', 'Pageview other'])
  })

  test('held consent holds hits and cookies until it is granted, and revoking drops them', async () => {
    const page = await visitLive(`ttq.holdConsent(); ttq.load('${ours}'); ttq.track('Held')`)
    const cookies = () => document.cookie
    expect(await page.evaluate(cookies)).toBe('')
    await page.evaluate(() => window.ttq.grantConsent())
    expect(told(await endOf('Held'))).toEqual(['Held ours'])
    expect(await page.evaluate(cookies)).toMatch(/(^|; )_ttp=/)
    await page.evaluate(() => {
      window.ttq.track('Dropped')
      window.ttq.revokeConsent()
      window.ttq.track('Dropped')
      window.ttq.grantConsent()
      window.ttq.track('End')
    })
    expect(told(await endOf())).toEqual(['Held ours', 'End ours'])
    await page.evaluate(() => window.ttq.disableCookie())
    expect(await page.evaluate(cookies)).not.toMatch(/_ttp=/)
  })

  test('calls made as the page is left arrive if the pixel is live, and are lost before', async () => {
    tiktok().faults.main.after = never
    const early = await visit(`ttq.load('${ours}'); ttq.track('Lost')`)
    await scriptsSettled(early, 1)
    await early.goto(`${shop}next`)

    const page = await visitLive(`ttq.load('${ours}');`)
    await page.evaluate(() => {
      addEventListener('pagehide', () => window.ttq.track('Hidden'))
      window.ttq.track('Leaving')
    })
    await page.goto(`${shop}next`)
    expect(told(await endOf('Hidden'))).toEqual(['Leaving ours', 'Hidden ours'])
  })

  const signs = (id: string) => {
    const { info, _init } = window.ttq._i[id] ?? {}
    return { status: info?.status ?? 'no info', live: _init === true, events: window.signs }
  }
  const cases: { title: string; fault: () => void; events: string[]; status?: number; live?: boolean }[] = [
    { title: 'normal', fault: () => {}, events: ['events load, info', 'main load, info'], status: 0, live: true },
    {
      title: 'events.js is not found',
      fault: () => Object.assign(tiktok().faults.events, { status: 404 }),
      events: ['events error'],
    },
    {
      title: 'events.js fails',
      fault: () => Object.assign(tiktok().faults.events, { status: 500 }),
      events: ['events error'],
    },
    {
      title: 'events.js is an empty stand-in',
      fault: () => Object.assign(tiktok().faults.events, { body: '' }),
      events: ['events load'],
    },
    {
      title: 'events.js is another id’s',
      fault: () => Object.assign(tiktok().faults, { configOf: other }),
      events: ['events load'],
    },
    {
      title: 'the pixel is not live',
      fault: () => Object.assign(tiktok().faults, { pixelStatus: 1 }),
      events: ['events load, info', 'main load, info'],
      status: 1,
      live: true,
    },
    {
      title: 'the main script is not found',
      fault: () => Object.assign(tiktok().faults.main, { status: 404 }),
      events: ['events load, info', 'main error, info'],
      status: 0,
    },
  ]
  test.each(cases)(
    "the pixel's state with a network fault: $title",
    async ({ fault, events, status = 'no info', live = false }) => {
      fault()
      const page = await visit(`ttq.load('${ours}')`)
      await scriptsSettled(page, events.length)
      expect(await page.evaluate(signs, ours)).toEqual({ status, live, events })
    },
  )

  test('hits answered with an error are recorded, and the page gets no error', async () => {
    tiktok().faults.hits.status = 503
    const page = await visit(`ttq.load('${ours}', { limited_data_use: true }); ttq.page()`)
    const [hit] = await tiktok().waitForHits(1)
    expect(hit?.limited_data_use).toBe(true)
    expect(await page.evaluate(signs, ours)).toMatchObject({ status: 0, live: true })
  })

  test('a script that hangs reports nothing, and the page still works', async () => {
    tiktok().faults.events.after = never
    const page = await visit(`ttq.load('${ours}')`)
    await stage.network.waitForRequest(({ path }) => path.includes('events.js'))
    expect(await page.evaluate(signs, ours)).toEqual({ status: 'no info', live: false, events: [] })
  })

  test('a failed wait ends with a message that names what arrived instead', async () => {
    await visit(`ttq.load('${ours}'); ttq.track('Came', {}, { event_id: '1' })`)
    await tiktok().waitForHits(1)
    await expect(tiktok().waitForHits(2, 1)).rejects.toThrow(
      /^TikTok waited 1 ms for 2 hits; there came 1: Came of C4OURS.* \(1\);/,
    )
  })

  test('the stand-in works below a path of any host', async () => {
    stage.network.serve('demo.test', (request, response, path) =>
      path.startsWith('/tiktok/')
        ? tiktok().answer(request, response, path.slice('/tiktok'.length))
        : void response.writeHead(200, { 'content-type': 'text/html' }).end(
            `<!doctype html><script>TiktokAnalyticsObject = 'ttq'; ttq = [['page']]; ttq._i = { ${ours}: [] }</script>
            <script async src="/tiktok/i18n/pixel/events.js?sdkid=${ours}&lib=ttq"></script>`,
          ),
    )
    await stage.open('https://demo.test/')
    await tiktok().waitForHits(1)
    expect(new Set(stage.network.log.map(({ host }) => host))).toEqual(new Set(['demo.test']))
  })
})
