import { expect, test } from 'vitest'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import type { Page } from './browsers.ts'
import { playEventsApi, serveForwarder } from './built-forwarder.ts'
import { inEachBrowser, type Stage } from './in-each-browser.ts'
import { atRest, consent, serveShop, shop, stub, told, track } from './shop.ts'

// What a forwarder serves by its config: builds of the script that leave out what the config does not need.

const forwarderUrl = 'https://forwarder.shop.test/tiktok'
const accessToken = 'secret-access-token'
const filters = [{ event: 'Searched', any: [{ property: 'q', operator: 'contains', value: 'cap' } as const] }]
const cvgStub = `
  window.cvg = window.cvg || function () { cvg.process ? cvg.process.apply(cvg, arguments) : cvg.queue.push(arguments) }
  cvg.queue = cvg.queue || []
  cvg({ method: 'track', eventName: 'Placed Order', properties: { id: 'by-cvg' } })`

const eventsApi = await playEventsApi(accessToken)

interface Visit {
  config?: Partial<ForwarderConfig>
  /** Of the script's tag. */
  attributes?: string
  /** Runs before the script comes. */
  code?: string
}

/** A page of a shop that loads the script from its forwarder. */
function visit(stage: Stage, { config = {}, attributes = '', code = '' }: Visit) {
  const needed = { accessToken, allowedOrigins: [shop.slice(0, -1)], eventsApiUrl: eventsApi.url }
  serveForwarder(stage, new URL(forwarderUrl).hostname, { ...needed, ...config })
  const tag = `<script async src="${forwarderUrl}/converge.js" ${attributes}></script>`
  const errors = 'window.errors = []; console.error = (error) => errors.push(String(error))'
  serveShop(stage, { '/': `<!doctype html><title>Shop</title><script>${errors}\n${stub}\n${code}</script>${tag}` })
  return stage.open(shop)
}

const sentence = (option: string) =>
  `Error: converge-tiktok: this build has no code for ${option}. Set ${option} in the forwarder's config, or serve the complete dist/converge.js.`

const errorsOf = (page: Page) => page.evaluate(() => Reflect.get(window, 'errors'))

/** Nothing has started: no event is accepted, nothing is requested from TikTok, and nothing is posted. */
async function expectRefusal(stage: Stage, page: Page, option: string): Promise<void> {
  await expect.poll(() => errorsOf(page)).toEqual([sentence(option)])
  expect((await track(page, 'Searched')) ?? null).toBeNull() // WebDriver makes null of undefined
  await atRest(page)
  expect(await page.evaluate(() => 'ttq' in window)).toBe(false)
  expect(stage.network.log.filter(({ host, path }) => /tiktok\.com$/.test(host) || path.endsWith('/events'))).toEqual(
    [],
  )
}

inEachBrowser((stage) => {
  test('the smallest build tracks page loads after a grant, by pixel and server, with attributes merged over its config', async () => {
    const page = await visit(stage, {
      config: { consent: 'always' },
      attributes: 'data-consent="require" data-page-loads="auto"',
    })
    expect(await track(page, 'Placed Order', { id: '1', $is_new_customer: true })).toMatchObject({
      status: 'no_consent',
    })
    await consent(page, { marketing: 'granted' })
    const hits = await stage.network.tiktok.waitForHits((found) => told(found).length === 3)
    expect(told(hits).map((hit) => hit.replace(/ .*/, ''))).toEqual(['Pageview', 'Purchase', 'NewCustomerPurchase'])
    const accepted = await eventsApi.waitForAccepted(2)
    expect(accepted.map(({ event }) => event)).toEqual(['Purchase', 'NewCustomerPurchase'])
    expect(await errorsOf(page)).toEqual([])
  })

  test("a build without filters refuses a page's own filters, logs it, and does not start", async () => {
    const page = await visit(stage, { code: `converge.init({ filters: ${JSON.stringify(filters)} })` })
    await expectRefusal(stage, page, 'filters')
  })

  test("the filters of the forwarder's config apply", async () => {
    const page = await visit(stage, { config: { filters } })
    expect(await track(page, 'Searched', { q: 'bag' })).toMatchObject({ status: 'filtered', reason: 'filter' })
    expect(await track(page, 'Searched', { q: 'cap' })).toMatchObject({ status: 'success' })
    expect((await eventsApi.waitForAccepted(1)).map(({ event }) => event)).toEqual(['Search'])
  })

  test("a build without mapping checks refuses a page's own mapping", async () => {
    const page = await visit(stage, { code: "converge.init({ mapping: { events: { Searched: 'Lead' } } })" })
    await expectRefusal(stage, page, 'mapping')
  })

  test("the mapping of the forwarder's config applies, with old names replaced", async () => {
    const page = await visit(stage, { config: { mapping: { events: { Searched: 'CompletePayment' } } } })
    await track(page, 'Searched')
    expect((await eventsApi.waitForAccepted(1)).map(({ event }) => event)).toEqual(['Purchase'])
  })

  test('calls of cvg are handled', async () => {
    const page = await visit(stage, { code: cvgStub })
    expect((await eventsApi.waitForAccepted(1)).map(({ event_id }) => event_id)).toEqual(['by-cvg'])
    expect(await errorsOf(page)).toEqual([])
  })
})
