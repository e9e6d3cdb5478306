import { clickIdCookie, cookieAge, withoutTime } from '../core/cookies.ts'
import { readText } from '../core/read.ts'
import type { Config, PageContext } from '../types.ts'
import { eraseCookie, readCookie, writeCookie } from './cookies.ts'
import type { Page } from './state.ts'

/** Finds TikTok's click ID in the page's URL. */
export function findClickId({ document, location }: Window, { context }: Config): string | undefined {
  // If the visitor consents on the page after the landing page, its referrer still has the click ID.
  const former = readText(document.referrer) // a DOM element may have this name
  const referrer = former.startsWith(`${location.origin}/`) ? former : ''
  return withoutTime(context?.ttclid ?? /[?&]ttclid=([\w.-]+)/.exec(`${location.search}&${referrer}`)?.[1])
}

/** Reads TikTok's click ID and TikTok's visitor ID. */
export const readClickIds = (page: Page): Pick<PageContext, 'ttclid' | 'ttp'> => ({
  ttclid: page.ttclid ?? withoutTime(readCookie(page, clickIdCookie)),
  ttp: page.config.context?.ttp ?? readCookie(page, '_ttp'),
})

/** Keeps the click ID for 30 days after the click. */
export function keepClickId(page: Page): void {
  const { ttclid, config } = page
  // Safari deletes a cookie that a script has written after 7 days or less, so do not replace one that the forwarder has set.
  const isKept = () => !ttclid || withoutTime(readCookie(page, clickIdCookie)) === ttclid
  // The browser refuses a domain that does not match the page's host.
  for (const domain of [config.domain, undefined])
    if (!isKept()) writeCookie(page, `${clickIdCookie}=${ttclid}`, cookieAge, domain)
}

export const forgetClickId = (page: Page): void => eraseCookie(page, clickIdCookie)
