import { attempt } from '../core/attempt.ts'
import type { Config, PageContext } from '../types.ts'

export interface ClickContext {
  /** What may be known of TikTok's click id, and of its own visitor id. */
  ids(): Pick<PageContext, 'ttclid' | 'ttp'>
  /** Keeps the click id of this page's address for 30 days: the pixel's own cookie forgets it after one. */
  keep(): void
  erase(): void
}

/** What TikTok knows a click and its visitor by, as long as that may be used. */
export function openContext(
  window: Window,
  { pixelId, domain = '', context }: Config,
  mayUse: () => unknown,
): ClickContext {
  const { location, document } = window
  const name = `converge.${pixelId}.ttclid`
  // A sandboxed page's cookies throw: it says itself what it knows.
  const jar = context ? { cookie: '' } : document
  // Where the landing page was left before the visitor consented, the next page's referrer still knows.
  const urls = [location.href, document.referrer].filter((url) => url.startsWith(`${location.origin}/`))
  const ttclid = context?.ttclid ?? /[?&]ttclid=([\w.-]+)/.exec(urls.join())?.[1]

  const read = (name: string) => attempt(() => new RegExp(`(?:^|; )${name}=([^;]+)`).exec(jar.cookie)?.[1])
  const write = (value: unknown, seconds: number) =>
    attempt(() => {
      jar.cookie = `${name}=${value};path=/;samesite=lax;max-age=${seconds};domain=${domain}`
    })

  return {
    ids: () => (mayUse() ? { ttclid: ttclid ?? read(name), ttp: context?.ttp ?? read('_ttp') } : {}),
    keep: () => ttclid && write(ttclid, 2_592_000),
    erase: () => write('', 0),
  }
}
