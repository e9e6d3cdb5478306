import { cookieDomain } from '../core/domain.ts'
import { readText } from '../core/read.ts'
import type { Config, PageContext } from '../types.ts'
import type { Page } from './state.ts'

/** Keeps the click ID for 30 days. TikTok's own cookie expires after one day. */
const COOKIE = 'converge.ttclid'
const THIRTY_DAYS = 2_592_000 // s

/** Finds TikTok's click ID in the page's URL. */
export function findClickId({ document, location }: Window, { context }: Config): string | undefined {
  // If the visitor consents on the page after the landing page, its referrer still has the click ID.
  const former = readText(document.referrer) // a DOM element may have this name
  const referrer = former.startsWith(`${location.origin}/`) ? former : ''
  return context?.ttclid ?? /[?&]ttclid=([\w.-]+)/.exec(`${location.search}&${referrer}`)?.[1]
}

/** Reads TikTok's click ID and TikTok's visitor ID. */
export const readClickIds = (page: Page): Pick<PageContext, 'ttclid' | 'ttp'> => ({
  ttclid: page.ttclid ?? readCookie(page, COOKIE),
  ttp: page.config.context?.ttp ?? readCookie(page, '_ttp'),
})

export function keepClickId(page: Page): void {
  const { ttclid, config } = page
  if (!ttclid) return
  writeCookie(page, THIRTY_DAYS, config.domain)
  // The browser refuses a domain that does not match the page's host.
  if (readCookie(page, COOKIE) !== ttclid) writeCookie(page, THIRTY_DAYS)
}

export function forgetClickId(page: Page): void {
  writeCookie(page, 0)
  writeCookie(page, 0, page.config.domain)
}

// Reading or writing cookies throws on a sandboxed page.

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
    // The click ID is not kept on such a page.
  }
}
