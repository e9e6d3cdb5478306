import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pixelId } from '../cases/case.ts'
import type { Page } from './browsers.ts'
import { inEachBrowser, type Stage } from './in-each-browser.ts'
import type { Served } from './network.ts'

declare global {
  interface Window {
    /** Resolves when the adapter has asked the page's platform. */
    asked: Promise<void>
  }
}

const built = (file: string) => readFileSync(new URL(`../../dist/${file}`, import.meta.url), 'utf8')

/** Opens a page that waits for a grant, with what its consent platform has put there and one event tracked. */
async function visit(
  stage: Stage,
  { from, platform, files = {} }: { from: string; platform: string; files?: Record<string, string | Served> },
): Promise<Page> {
  const tag = `<script src="/converge.js" data-pixel-id="${pixelId}" data-load="immediate" data-consent="require" data-consent-from="${from}"></script>`
  const track = `<script>converge.track('Searched', { q: 'cap' }, { eventID: 'held' })</script>`
  stage.network.serve('www.shop.test', {
    '/': `<!doctype html><meta charset="utf-8"><title>Shop</title><script>${platform}</script>${tag}${track}`,
    '/converge.js': built('converge.js'),
    '/consent.js': built('consent.js'),
    '/decided': '',
    ...files,
  })
  return stage.open('https://www.shop.test/')
}

const asked = `let ask; window.asked = new Promise((resolve) => { ask = resolve });`

/** Shopify's global, which knows no decision until its API is loaded. */
const shopify = `${asked}
  const api = {
    marketing: '',
    currentVisitorConsent() { return { marketing: this.marketing } },
    marketingAllowed() { return this.marketing === 'yes' },
    saleOfDataAllowed() { return true },
    analyticsProcessingAllowed() { return this.marketing === 'yes' },
  }
  window.Shopify = {
    loadFeatures(features, callback) {
      setTimeout(() => { Shopify.customerPrivacy = api; callback(); ask() })
    },
  }
  window.decide = async (marketing) => {
    await fetch('/decided')
    api.marketing = marketing
    const marketingAllowed = marketing === 'yes'
    document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail: { marketingAllowed, saleOfDataAllowed: true } }))
  }`

const gtag = (layer: string) => `
  window.${layer} = window.${layer} || []
  function gtag() { ${layer}.push(arguments) }
  gtag('consent', 'default', { ad_storage: 'denied', ad_user_data: 'denied', analytics_storage: 'denied', wait_for_update: 500 })
  window.decide = async (state) => {
    await fetch('/decided')
    gtag('consent', 'update', { ad_storage: state, ad_user_data: state, analytics_storage: state })
  }`

/** Google's part: takes the layer over, keeps a state of its own, and lets a template set it without a word in the layer. */
const gtm = (layer: string) => `
  (function () {
    const codes = {}, listeners = []
    const ics = {
      usedUpdate: false,
      addListener(_, listener) { listeners.push(listener); window.listened?.() },
      getConsentState: (signal) => codes[signal] ?? 0,
    }
    const set = (states, isUpdate) => {
      for (const signal in states) codes[signal] = states[signal] === 'granted' ? 1 : 2
      ics.usedUpdate = ics.usedUpdate || isUpdate
      listeners.forEach((listener) => listener())
    }
    const take = (entry) => {
      window.taken.push(entry[0] ?? entry.event)
      if (entry[0] === 'consent') set(entry[2], entry[1] === 'update')
    }
    window.taken = []
    window.setByTemplate = (states) => set(states, true)
    window.google_tag_data = { ics }
    window.google_tag_manager = { 'GTM-AB12': { dataLayer: { name: '${layer}' } } }
    const layer = window.${layer}
    const push = layer.push
    layer.forEach(take)
    layer.push = function (...entries) { push.apply(layer, entries); entries.forEach(take); return true }
  })()`

const insertGtm = (layer: string) =>
  `document.head.append(Object.assign(document.createElement('script'), { src: 'https://www.googletagmanager.com/gtm.js?id=GTM-AB12&l=${layer}' }))`

inEachBrowser((stage) => {
  const ofTiktok = ({ host }: { host: string }) => host.endsWith('tiktok.com')
  const isDecision = ({ path }: { path: string }) => path === '/decided'
  const consentCame = () => stage.network.waitForRequest(({ path }) => path === '/consent.js')

  /** The held event arrives, and nothing was asked of TikTok before the visitor had decided. */
  async function arrivesAfterTheDecision(): Promise<void> {
    const hits = await stage.network.tiktok.waitForHits((all) => all.some(({ event_id }) => event_id === 'held'))
    expect(hits.map(({ event_id }) => event_id)).toEqual(['held'])
    const { log } = stage.network
    expect(log.findIndex(ofTiktok)).toBeGreaterThan(log.findIndex(isDecision))
    expect(stage.network.strays).toEqual([])
  }

  test('a grant in Shopify sends held events, and TikTok is not contacted before it', async () => {
    const page = await visit(stage, { from: 'shopify', platform: shopify })
    await page.evaluate(() => window.asked)
    await page.evaluate(`decide('yes')`)
    await arrivesAfterTheDecision()
    expect(page.consoleErrors).toEqual([])
  })

  test('a denial in Shopify drops held events for good', async () => {
    const page = await visit(stage, { from: 'shopify', platform: shopify })
    await page.evaluate(() => window.asked)
    await page.evaluate(`decide('no')`)
    await page.evaluate(`decide('yes')`)
    await page.evaluate(`converge.track('Searched', { q: 'hat' }, { eventID: 'after' })`)
    const hits = await stage.network.tiktok.waitForHits(1)
    expect(hits.map(({ event_id }) => event_id)).toEqual(['after'])
  })

  test("Google's update in the layer sends held events, and TikTok is not contacted before it", async () => {
    const page = await visit(stage, { from: 'google', platform: gtag('dataLayer') })
    await consentCame()
    await page.evaluate(`decide('granted')`)
    await arrivesAfterTheDecision()
    expect(await page.evaluate(`dataLayer.map((entry) => entry[1])`)).toEqual(['default', 'update'])
  })

  test('if Google loads later under another layer name, Google and the adapter get every entry', async () => {
    const page = await visit(stage, { from: 'google', platform: gtag('shopLayer') })
    await consentCame()
    stage.network.serve('www.googletagmanager.com', { '/gtm.js': gtm('shopLayer') })
    await page.evaluate(`new Promise((resolve) => { window.listened = resolve; ${insertGtm('shopLayer')} })`)
    await page.evaluate(`shopLayer.push({ event: 'view_item' })`)
    await page.evaluate(`decide('granted')`)
    await arrivesAfterTheDecision()
    expect(await page.evaluate(`taken`)).toEqual(['consent', 'view_item', 'consent'])
  })

  test("consent that a template sets without Google's layer sends held events", async () => {
    const page = await visit(stage, { from: 'google', platform: gtag('dataLayer') })
    await consentCame()
    stage.network.serve('www.googletagmanager.com', { '/gtm.js': gtm('dataLayer') })
    await page.evaluate(`new Promise((resolve) => { window.listened = resolve; ${insertGtm('dataLayer')} })`)
    await page.evaluate(
      `fetch('/decided').then(() => setByTemplate({ ad_storage: 'granted', ad_user_data: 'granted' }))`,
    )
    await arrivesAfterTheDecision()
  })
})
