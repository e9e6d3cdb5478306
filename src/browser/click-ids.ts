import { cookieDomain } from '../core/domain.ts'
import { readText } from '../core/read.ts'
import type { Config, PageContext } from '../types.ts'
import type { Page } from './state.ts'

/** Keeps the click for 30 days. TikTok's own cookie forgets it after one. */
const COOKIE = 'converge.ttclid'
const THIRTY_DAYS = 2_592_000 // s

/** TikTok's click id in the page's address. */
export function findClickId({ document, location }: Window, { context }: Config): string | undefined {
  // If the landing page was left before the visitor consented, the next page's referrer still knows the click.
  const former = readText(document.referrer) // an element may stand in its place
  const referrer = former.startsWith(`${location.origin}/`) ? former : ''
  return context?.ttclid ?? /[?&]ttclid=([\w.-]+)/.exec(`${location.search}&${referrer}`)?.[1]
}

/** TikTok's click id, and its own visitor id. */
export const readClickIds = (page: Page): Pick<PageContext, 'ttclid' | 'ttp'> => ({
  ttclid: page.ttclid ?? readCookie(page, COOKIE),
  ttp: page.config.context?.ttp ?? readCookie(page, '_ttp'),
})

export function keepClickId(page: Page): void {
  const { ttclid, config } = page
  if (!ttclid) return
  writeCookie(page, THIRTY_DAYS, config.domain)
  // The browser refuses a domain that this page is not part of.
  if (readCookie(page, COOKIE) !== ttclid) writeCookie(page, THIRTY_DAYS)
}

export function forgetClickId(page: Page): void {
  writeCookie(page, 0)
  writeCookie(page, 0, page.config.domain)
}

// Reading and writing cookies throws on a sandboxed page.

function readCookie({ window, config }: Page, name: string): string | undefined {
  try {
    return config.context ? undefined : new RegExp(`(?:^|; *)${name}=([^;]+)`).exec(window.document.cookie)?.[1]
  } catch {
    return undefined
  }
}

function writeCookie({ window, config, ttclid }: Page, seconds: number, domain?: string): void {
  const host = cookieDomain(domain)
  const scope = host ? `;domain=${host}` : ''
  try {
    if (!config.context) window.document.cookie = `${COOKIE}=${ttclid};path=/;max-age=${seconds}${scope}`
  } catch {
    // Nothing is kept there.
  }
}
