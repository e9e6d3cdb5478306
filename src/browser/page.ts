import { cleanUrl } from '../core/clean-url.ts'
import { readText } from '../core/read.ts'
import { createIdentify } from '../tiktok/pixel/identify.ts'
import { createTtq } from '../tiktok/pixel/ttq.ts'
import { hash } from '../tiktok/user.ts'
import type { Config, PageContext } from '../types.ts'
import { findClickId, readClickIds } from './click-ids.ts'
import { isOptedOut, readDecision, refusal } from './decision.ts'
import { readFlags } from './flags.ts'
import type { Page } from './state.ts'
import { known, learn } from './visitor.ts'

/** Of the windows that this script has started in: one, but for tests. */
const pages: Page[] = []

/**
 * The window's page. The first pixel's config says what its domain and context are.
 *
 * It is found in a list, and not by a WeakMap or a Symbol: old shops declare functions by such names.
 */
export function pageOf(window: Window, config: Config): Page {
  const found = pages.find((page) => page.window === window)
  if (found) return found
  const ttq = createTtq(window, () => readDecision(page).marketing === 'granted')
  // A sandboxed page says itself who the visitor is.
  const id = hash(readText(config.context?.external_id))
  const page: Page = {
    window,
    config,
    flags: readFlags(window),
    ttq,
    identify: createIdentify(window, ttq),
    trackers: Object.create(null),
    consentRules: [],
    ttclid: findClickId(window, config),
    visitor: id ? { id } : {},
  }
  pages.push(page)
  // A developer's own machine: no visitor sees this.
  if (!page.flags.isDebug && window.location.hostname === 'localhost')
    console.info('converge-tiktok: add ?converge_debug to the address')
  return page
}

/** Where the visitor is and came from, as far as it may be known without consent. */
export const about = ({ window, config }: Page): NonNullable<Config['context']> => ({
  url: window.location.href,
  referrer: window.document.referrer,
  ...config.context,
})

/** For cart attributes and order notes. */
export function contextOf(page: Page): PageContext {
  const { url, userAgent = page.window.navigator.userAgent } = about(page)
  return {
    ...(!refusal(page) && { ...readClickIds(page), external_id: known(page, learn(page, {})).external_id }),
    url: cleanUrl(readText(url)),
    userAgent: readText(userAgent),
    consent: readDecision(page),
    ...(isOptedOut(page) && { gpc: true as const }),
  }
}
