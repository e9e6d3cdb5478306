import { cleanUrl } from '../core/clean-url.ts'
import { put, readText } from '../core/read.ts'
import { createIdentify } from '../tiktok/pixel/identify.ts'
import { createTtq } from '../tiktok/pixel/ttq.ts'
import { hash } from '../tiktok/user.ts'
import type { Config, PageContext } from '../types.ts'
import { findClickId, readClickIds } from './click-ids.ts'
import { isOptedOut, readDecision, refusal } from './decision.ts'
import { readFlags } from './flags.ts'
import type { Page, Person } from './state.ts'
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
  const page: Page = {
    window,
    config,
    flags: readFlags(window),
    ttq,
    identify: createIdentify(window, ttq),
    trackers: Object.create(null),
    consentRules: [],
    ttclid: findClickId(window, config),
    visitor: visitorIn(config.context),
    aliases: [],
  }
  pages.push(page)
  // Only a developer sees this hint, because visitors do not use localhost.
  if (!page.flags.isDebug && window.location.hostname === 'localhost')
    console.info('converge-tiktok: ?converge_debug opens the inspector')
  return page
}

/** A sandboxed page sets the visitor in its context. Pages of earlier versions have the visitor's ID in `external_id`. */
function visitorIn({ visitor, external_id }: NonNullable<Config['context']> = {}): Person {
  const person: Person = {}
  put(person, 'id', hash(readText(visitor ?? external_id)))
  if (visitor) put(person, 'external_id', hash(readText(external_id)))
  return person
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
  const { id, external_id } = refusal(page) ? {} : known(page, learn(page, {}))
  return {
    ...(id && { ...readClickIds(page), visitor: id, external_id }),
    url: cleanUrl(readText(url)),
    userAgent: readText(userAgent),
    consent: readDecision(page),
    ...(isOptedOut(page) && { gpc: true as const }),
  }
}
