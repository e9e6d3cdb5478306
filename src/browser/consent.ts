import { copyRecord } from '../core/event.ts'
import { recordOf } from '../core/read.ts'
import { removeLeftovers } from '../tiktok/pixel/leftovers.ts'
import { forgetClickId, keepClickId } from './click-ids.ts'
import { consentKey, consentOf, isDeniedByGpc, readDecision, refusal } from './decision.ts'
import { update } from './delivery.ts'
import { tidyLedger } from './ledger.ts'
import { report } from './listeners.ts'
import { outboxOf, postDenial, takeOver } from './optional-parts.ts'
import { release } from './send-event.ts'
import type { Page, Tracker } from './state.ts'
import { copyUnder, isUnderWay } from './status.ts'
import { readStored, removeStored, storedKeys, writeStored } from './storage.ts'
import { eraseVisitor, forgetVisitor, idOf } from './visitor.ts'

/** Applies the visitor's decision to all pixels of the page, because `ttq.revokeConsent` is global too. */
export function decide(page: Page, consent: unknown): void {
  page.decided = consentOf(copyRecord(consent))
  enforce(page)
  writeStored(page, consentKey, page.decided)
  for (const tracker of Object.values(page.trackers)) begin(tracker)
}

/** Applies a decision that was made meanwhile: in another tab, or on a later page before this one was restored from the cache. */
export function followDecision(page: Page): void {
  const kept = recordOf(readStored(page, consentKey))
  if (kept.marketing && kept.marketing !== readDecision(page).marketing) decide(page, kept)
}

/** Starts work that was not allowed before the visitor decided, or before the page became visible. */
export function begin(tracker: Tracker): void {
  const { page, state, loader } = tracker
  report(tracker, { consent: readDecision(page) })
  const no = refusal(page)
  if (!no) {
    if (state.pixel !== 'off') loader.start()
    keepClickId(page)
    tidyLedger(tracker)
    if (state.relay !== 'off') takeOver?.(tracker)
  } else if (no === 'denied' && isDeniedByGpc(page)) enforce(page) // the visitor may have turned it on since the last page
  release(tracker)
}

/** Stops and erases what the decision and the consent modes no longer allow, or allows the pixel again. */
export function enforce(page: Page): void {
  const no = refusal(page, 'pixel', true)
  if (no) {
    const visitor = no === 'denied' && postDenial && idOf(page)
    for (const tracker of Object.values(page.trackers)) {
      revoke(tracker)
      if (visitor) postDenial?.(tracker, visitor)
    }
    forgetClickId(page)
    eraseVisitor(page)
  }
  if (no === 'denied') forgetVisitor(page)
  allowPixel(page, !no)
  cleanUp(page)
}

/** Drops copies that may no longer be sent, and removes stored data. */
function revoke(tracker: Tracker): void {
  const { page, config } = tracker
  const no = refusal(page, 'pixel', true)
  const noRelay = refusal(page, 'relay', true)
  for (const delivery of [...tracker.open]) {
    const { pixel, relay, relayed } = delivery
    // On `revokeConsent`, TikTok's queue drops its waiting calls.
    const isTakenBack = pixel === 'waiting' || pixel === 'queued' || pixel === 'blocked'
    // A server copy with only the call's own data may still be sent if the consent mode allows it.
    const isDropped = isUnderWay(relay) && (noRelay || relayed?.consent.marketing === 'granted')
    update(tracker, delivery, {
      pixel: isTakenBack ? copyUnder(no) : pixel,
      relay: isDropped ? copyUnder(noRelay) : relay,
    })
  }
  if (outboxOf) report(tracker, { outbox: outboxOf(tracker).length })
  for (const key of storedKeys(page, `converge.${config.pixelId}.`)) removeStored(page, key)
}

function allowPixel(page: Page, isAllowed: boolean): void {
  const { ttq, identify, isRevoked = false } = page
  // Nothing needs to be revoked if ttq was never used.
  if (isAllowed !== isRevoked || !(isAllowed || ttq.isUsed())) return
  page.isRevoked = !isAllowed
  identify.reset()
  for (const method of isAllowed
    ? (['enableCookie', 'grantConsent'] as const)
    : (['disableCookie', 'revokeConsent'] as const)) {
    try {
      ttq.join()?.[method]()
    } catch {
      // A foreign wrapper around ttq threw, or does not have this method.
    }
  }
}

/** Removes data of TikTok's pixel if the visitor has denied. */
export function cleanUp(page: Page): void {
  const { window, config, trackers } = page
  if (!config.context && refusal(page, 'pixel', true) === 'denied') removeLeftovers(window, Object.keys(trackers))
}
