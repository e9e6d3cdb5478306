import { cleanUrl } from '../core/clean-url.ts'
import { readText } from '../core/read.ts'
import { createIdentify, type Identify } from '../tiktok/pixel/identify.ts'
import { removeLeftovers } from '../tiktok/pixel/leftovers.ts'
import { createTtq, type TtqAccess } from '../tiktok/pixel/ttq.ts'
import type { Config, Converge, PageContext } from '../types.ts'
import { type ClickIds, createClickIds } from './click-ids.ts'
import { createDecision, type Decision } from './decision.ts'
import { type Flags, readFlags } from './flags.ts'
import { consentKey, createStorage, type Storage } from './storage.ts'
import { createVisitor, type Visitor } from './visitor.ts'

/** What the page knows of each of its pixels. */
export interface PageMember {
  converge: Converge
  config: Config
  /** Does what was not allowed before: the visitor has decided, or the page has become visible. */
  begin(): void
  /** Drops the copies that may not leave any more, and what was kept. */
  revoke(): void
}

/** What exists once in a window, for all of its pixels. */
export interface Page {
  readonly window: Window
  readonly flags: Flags
  readonly decision: Decision
  readonly storage: Storage
  readonly visitor: Visitor
  readonly clickIds: ClickIds
  readonly ttq: TtqAccess
  readonly identify: Identify
  /** By pixel ID. */
  readonly members: Record<string, PageMember>
  /** Where the visitor is and came from, as far as it may be known without consent. */
  about(): { url: string | undefined; referrer: string | undefined; userAgent?: string | undefined }
  context(): PageContext
  /** The visitor's decision, for all pixels: `revokeConsent` is global, and so is a person's wish. */
  decide(consent: unknown): void
  /** Takes back what the decision and the consent modes do not allow any more, or gives it again. */
  enforce(): void
  /** Removes what TikTok's pixel wrote, if the visitor has denied. */
  cleanUp(): void
}

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
  const page = createPage(window, config)
  pages.push(page)
  return page
}

function createPage(window: Window, config: Config): Page {
  const { context } = config
  const members: Page['members'] = Object.create(null)
  const storage = createStorage(window, context !== undefined, () => !decision.refusal())
  const decision = createDecision(window, () => storage)
  const visitor = createVisitor(window, storage, context?.external_id)
  const clickIds = createClickIds(window, config)
  const ttq = createTtq(window, () => decision.read().marketing === 'granted')
  const identify = createIdentify(window, ttq)
  let isRevoked = false

  const about = () => ({ url: window.location.href, referrer: window.document.referrer, ...context })

  function allowPixel(isAllowed: boolean): void {
    // There is nothing to take back if ttq was never called.
    if (isAllowed !== isRevoked || !(isAllowed || ttq.isUsed())) return
    isRevoked = !isAllowed
    identify.reset()
    for (const method of isAllowed
      ? (['enableCookie', 'grantConsent'] as const)
      : (['disableCookie', 'revokeConsent'] as const)) {
      try {
        ttq.join()?.[method]()
      } catch {
        // A foreign wrapper around ttq threw, or knows no such method.
      }
    }
  }

  function cleanUp(): void {
    if (!context && decision.refusal('pixel', true) === 'denied') removeLeftovers(window, Object.keys(members))
  }

  function enforce(): void {
    const refusal = decision.refusal('pixel', true)
    if (refusal) {
      for (const member of Object.values(members)) member.revoke()
      clickIds.forget()
      visitor.erase()
    }
    if (refusal === 'denied') visitor.forget()
    allowPixel(!refusal)
    cleanUp()
  }

  return {
    window,
    flags: readFlags(window),
    decision,
    storage,
    visitor,
    clickIds,
    ttq,
    identify,
    members,
    about,
    context() {
      const { url, userAgent = window.navigator.userAgent } = about()
      return {
        ...(!decision.refusal() && { ...clickIds.read(), external_id: visitor.known(visitor.learn({})).external_id }),
        url: cleanUrl(readText(url)),
        userAgent: readText(userAgent),
        consent: decision.read(),
        ...(decision.isOptedOut() && { gpc: true as const }),
      }
    },
    decide(consent) {
      decision.decide(consent)
      enforce()
      storage.write(consentKey, decision.read())
      for (const member of Object.values(members)) member.begin()
    },
    enforce,
    cleanUp,
  }
}
