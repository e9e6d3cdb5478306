import type { ConsentAdapter } from '../types.ts'
import { type Answer, decision, reportOnce } from './report-once.ts'
import { lookAsScriptsLoad } from './script-loads.ts'

/** Shopify's Customer Privacy API. Hydrogen's version also has `thirdPartyMarketingAllowed`. */
interface CustomerPrivacy {
  marketingAllowed?(): boolean
  saleOfDataAllowed?(): boolean
  thirdPartyMarketingAllowed?(): boolean
  analyticsProcessingAllowed?(): boolean
  /** `'yes'`, `'no'`, or `''` while the visitor has not decided. */
  currentVisitorConsent?(): { marketing?: string; sale_of_data?: string }
}

/** The visitor's new decision. */
interface VisitorConsentCollected {
  marketingAllowed?: boolean
  saleOfDataAllowed?: boolean
  thirdPartyMarketingAllowed?: boolean
  analyticsAllowed?: boolean
}

interface ShopifyGlobal {
  customerPrivacy?: CustomerPrivacy | null
  loadFeatures?(features: { name: string; version: string }[], callback: (error?: unknown) => void): void
}

export const shopify: ConsentAdapter = (window, report) => {
  const reportNew = reportOnce(report)
  let isAskedFor = false

  function look(): boolean {
    let isThere = false
    reportNew(() => {
      const { Shopify }: { Shopify?: ShopifyGlobal } = Object(window)
      const api = Shopify?.customerPrivacy
      isThere = Boolean(api?.marketingAllowed || api?.thirdPartyMarketingAllowed)
      if (isThere && api) return readApi(api)
      if (Shopify?.loadFeatures && !isAskedFor) {
        isAskedFor = true
        Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], look)
      }
      return undefined
    })
    return isThere
  }

  window.document.addEventListener('visitorConsentCollected', (event) =>
    reportNew(() => readEvent(Object(event).detail)),
  )
  // Hydrogen's event and the API's own event. They may come much later.
  window.document.addEventListener('shopifyCustomerPrivacyApiLoaded', look)
  window.document.addEventListener('consentTrackingApiLoaded', look)
  lookAsScriptsLoad(window, look)
}

function readApi(api: CustomerPrivacy): Answer {
  const isGranted = api.thirdPartyMarketingAllowed?.() ?? (api.marketingAllowed?.() && api.saleOfDataAllowed?.())
  const { marketing, sale_of_data } = api.currentVisitorConsent?.() ?? {}
  // A visitor who opts out of the sale of data has decided, even if marketing was never asked about.
  if (!isGranted && !marketing && sale_of_data !== 'no') return undefined
  return { marketing: decision(isGranted === true), analytics: decision(api.analyticsProcessingAllowed?.() === true) }
}

function readEvent(said?: VisitorConsentCollected | null): Answer {
  if (!said) return undefined
  const isGranted = said.thirdPartyMarketingAllowed ?? (said.marketingAllowed && said.saleOfDataAllowed)
  return { marketing: decision(isGranted === true), analytics: decision(said.analyticsAllowed === true) }
}
