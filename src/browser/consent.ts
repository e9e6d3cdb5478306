import { copyRecord } from '../core/event.ts'
import { removeLeftovers } from '../tiktok/pixel/leftovers.ts'
import { forgetClickId, keepClickId } from './click-ids.ts'
import { consentKey, consentOf, readDecision, refusal } from './decision.ts'
import { update } from './delivery.ts'
import { tidyLedger } from './ledger.ts'
import { report } from './listeners.ts'
import { outboxOf, takeOver } from './optional-parts.ts'
import { release } from './send-event.ts'
import type { Page, Tracker } from './state.ts'
import { copyUnder, isUnderWay } from './status.ts'
import { removeStored, storedKeys, writeStored } from './storage.ts'
import { eraseVisitor, forgetVisitor } from './visitor.ts'

/** The visitor's decision, for all pixels of the page: `revokeConsent` is global, and so is a person's wish. */
export function decide(page: Page, consent: unknown): void {
  page.decided = consentOf(copyRecord(consent))
  enforce(page)
  writeStored(page, consentKey, page.decided)
  for (const tracker of Object.values(page.trackers)) begin(tracker)
}

/** Does what was not allowed before: the visitor has decided, or the page has become visible. */
export function begin(tracker: Tracker): void {
  const { page, state, loader } = tracker
  report(tracker, { consent: readDecision(page) })
  if (!refusal(page)) {
    if (state.pixel !== 'off') loader.start()
    keepClickId(page)
    tidyLedger(tracker)
    if (state.relay !== 'off') takeOver?.(tracker)
  }
  release(tracker)
}

/** Takes back what the decision and the consent modes do not allow any more, or gives it again. */
export function enforce(page: Page): void {
  const no = refusal(page, 'pixel', true)
  if (no) {
    for (const tracker of Object.values(page.trackers)) revoke(tracker)
    forgetClickId(page)
    eraseVisitor(page)
  }
  if (no === 'denied') forgetVisitor(page)
  allowPixel(page, !no)
  cleanUp(page)
}

/** Drops the copies that may not leave any more, and what was kept. */
function revoke(tracker: Tracker): void {
  const { page, config } = tracker
  const no = refusal(page, 'pixel', true)
  const noRelay = refusal(page, 'relay', true)
  for (const delivery of [...tracker.open]) {
    const { pixel, relay, relayed } = delivery
    // TikTok's queue drops what waits in it.
    const isTakenBack = pixel === 'waiting' || pixel === 'queued' || pixel === 'blocked'
    // A server copy that says nothing but what it was given may still leave, if the consent mode allows it.
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
  // There is nothing to take back if ttq was never called.
  if (isAllowed !== isRevoked || !(isAllowed || ttq.isUsed())) return
  page.isRevoked = !isAllowed
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

/** Removes what TikTok's pixel wrote, if the visitor has denied. */
export function cleanUp(page: Page): void {
  const { window, config, trackers } = page
  if (!config.context && refusal(page, 'pixel', true) === 'denied') removeLeftovers(window, Object.keys(trackers))
}
