import { cookieDomain } from '../core/domain.ts'
import type { Page } from './state.ts'

// Reading or writing cookies throws on a sandboxed page. A page that provides its context has no cookies of its own.

export function readCookie({ window, config }: Page, name: string): string | undefined {
  try {
    if (config.context) return undefined
    return new RegExp(`(?:^|; *)${name}=([^;]+)`).exec(window.document.cookie)?.[1]
  } catch {
    return undefined
  }
}

/** Sets a cookie for a domain, or for the page's host only. */
export function writeCookie({ window, config }: Page, cookie: string, seconds: number, domain?: string): void {
  const host = cookieDomain(domain)
  const scope = host ? `;domain=${host}` : ''
  try {
    if (!config.context) window.document.cookie = `${cookie};path=/;max-age=${seconds}${scope}`
  } catch {
    // Nothing is kept on such a page.
  }
}

export function eraseCookie(page: Page, name: string): void {
  for (const domain of [undefined, page.config.domain]) writeCookie(page, `${name}=`, 0, domain)
}
