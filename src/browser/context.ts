import type { Config } from '../types.ts'

export interface ClickContext {
  ttclid(): string | undefined
  /** TikTok's own visitor id, which its pixel keeps in a cookie. */
  ttp(): string | undefined
  /** Keeps the click id of this page's address for 30 days: the pixel's own cookie forgets it after one. */
  keep(): unknown
  erase(): unknown
}

/** What TikTok knows a click and its visitor by, as long as that may be used. */
export function openContext(
  { document, location }: Window,
  { pixelId, domain = '', context }: Config,
  mayUse: () => unknown,
): ClickContext {
  const name = `converge.${pixelId}.ttclid`
  // Where the landing page was left before the visitor consented, the next page's referrer still knows.
  const urls = [location.href, document.referrer].filter((url) => url.startsWith(location.origin))
  const ttclid = context?.ttclid ?? /[?&]ttclid=([\w.-]+)/.exec(urls.join())?.[1]

  /** Writes ours, and gives the page's. A sandboxed page says what it knows: there they would throw, or be another's. */
  function cookies(written?: string): string {
    try {
      if (context) return ''
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on http:// pages
      if (written) document.cookie = `${name}=${written};path=/;samesite=lax;domain=${domain}`
      return document.cookie
    } catch {
      return ''
    }
  }

  const read = (cookie: string, given: string | undefined) =>
    mayUse() ? (given ?? new RegExp(`(?:^|; )${cookie}=([^;]+)`).exec(cookies())?.[1]) : undefined

  return {
    ttclid: () => read(name, ttclid),
    ttp: () => read('_ttp', context?.ttp),
    keep: () => ttclid && mayUse() && cookies(`${ttclid};max-age=2592000`),
    erase: () => cookies(';max-age=0'),
  }
}
