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

/** The pages of all windows in which this script has started. Only tests use more than one. */
const pages: Page[] = []

/**
 * Returns the window's page, or creates it with the domain and context of the first pixel's config.
 *
 * Pages are in a list, because old shops replace `WeakMap` and `Symbol` with functions of their own.
 */
export function pageOf(window: Window, config: Config): Page {
  const found = pages.find((page) => page.window === window)
  if (found) return found
  const ttq = createTtq(window, () => readDecision(page).marketing === 'granted')
  // A sandboxed page sets the visitor's ID in its context.
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
  // Only a developer sees this hint, because visitors do not use localhost.
  if (!page.flags.isDebug && window.location.hostname === 'localhost')
    console.info('converge-tiktok: ?converge_debug opens the inspector')
  return page
}

/** The page's URL and referrer, which need no consent, and the config's context. */
export const about = ({ window, config }: Page): NonNullable<Config['context']> => ({
  url: window.location.href,
  referrer: window.document.referrer,
  ...config.context,
})

/** Returns the context for cart attributes and order notes. */
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
