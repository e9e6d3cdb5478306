import { cookieDomain } from '../core/domain.ts'
import { readText } from '../core/read.ts'
import type { Config, PageContext } from '../types.ts'

/** TikTok's click id and its own visitor id, and the cookie in which we keep the click. */
export interface ClickIds {
  read(): Pick<PageContext, 'ttclid' | 'ttp'>
  /** Keeps the click for 30 days. TikTok's own cookie forgets it after one. */
  keep(): void
  forget(): void
}

const COOKIE = 'converge.ttclid'
const THIRTY_DAYS = 2_592_000 // s

export function createClickIds(window: Window, { context, domain }: Pick<Config, 'context' | 'domain'>): ClickIds {
  const { document, location } = window
  // If the landing page was left before the visitor consented, the next page's referrer still knows the click.
  const former = readText(document.referrer) // an element may stand in its place
  const referrer = former.startsWith(`${location.origin}/`) ? former : ''
  const ttclid = context?.ttclid ?? /[?&]ttclid=([\w.-]+)/.exec(`${location.search}&${referrer}`)?.[1]
  const host = cookieDomain(domain)
  const scope = host ? `;domain=${host}` : ''

  function readCookie(name: string): string | undefined {
    try {
      return context ? undefined : new RegExp(`(?:^|; *)${name}=([^;]+)`).exec(document.cookie)?.[1]
    } catch {
      return undefined // a sandboxed page
    }
  }

  function writeCookie(seconds: number, attributes: string): void {
    try {
      if (!context) document.cookie = `${COOKIE}=${ttclid};path=/;max-age=${seconds}${attributes}`
    } catch {
      // A sandboxed page.
    }
  }

  return {
    read: () => ({ ttclid: ttclid ?? readCookie(COOKIE), ttp: context?.ttp ?? readCookie('_ttp') }),
    keep() {
      if (!ttclid) return
      writeCookie(THIRTY_DAYS, scope)
      // The browser refuses a domain that this page is not part of.
      if (scope && readCookie(COOKIE) !== ttclid) writeCookie(THIRTY_DAYS, '')
    },
    forget() {
      writeCookie(0, '')
      if (scope) writeCookie(0, scope)
    },
  }
}
