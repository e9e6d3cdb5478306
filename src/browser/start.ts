import { pageLoad } from '../core/event-names.ts'
import { checkOptions } from '../core/options.ts'
import type { Config, Converge } from '../types.ts'
import { begin, followDecision } from './consent.ts'
import { consentKey } from './decision.ts'
import { joinConfig } from './late-config.ts'
import { onNavigation, readRules, refuseMissing } from './optional-parts.ts'
import { pageOf } from './page.ts'
import { createTracker, startPageLoads } from './tracker.ts'

/** Loads a part that is a separate file. */
export type LoadPart = (name: 'consent' | 'inspector') => Promise<Part>

export interface Part {
  /** `converge` is missing without a pixel ID. Only the inspector starts then. */
  start(converge: Converge | undefined, config: Partial<Config>, window: Window): void
}

/**
 * Starts tracking for one pixel ID. A second start for the same ID returns the first `converge`, and stricter consent rules
 * of its config apply from then on.
 *
 * @throws an error that names the invalid part of the config
 */
export function startConverge(config: Config, window: Window, loadPart: LoadPart): Converge {
  checkOptions(config, 'createConverge')
  refuseMissing(config)
  const rules = readRules(config)
  const page = pageOf(window, config)
  const former = page.trackers[config.pixelId]
  joinConfig(page, config)
  if (former) return former.converge

  const tracker = createTracker(page, config, rules)
  const { converge } = tracker
  page.trackers[config.pixelId] = tracker
  if (config.pageLoads === 'auto') tracker.trackPageLoads = () => trackPageLoads(window, converge)
  function firstRun(): void {
    begin(tracker)
    startPageLoads(tracker)
  }

  // In idle time TikTok's script does not delay the page's load event, and its first hit is sent no later.
  if (config.load === 'immediate') firstRun()
  else if (window.requestIdleCallback) window.requestIdleCallback(firstRun, { timeout: 1000 })
  else window.setTimeout(firstRun) // Safari
  // A form field can replace document.addEventListener by its name, but not the window's.
  window.addEventListener('prerenderingchange', () => begin(tracker), true)
  window.addEventListener('storage', ({ key }) => key === consentKey && followDecision(page))
  window.addEventListener('pageshow', ({ persisted }) => persisted && followDecision(page))
  if (config.consentFrom?.length) startPart(loadPart, 'consent', converge, config, window)
  if (config.debug || page.flags.isDebug) startPart(loadPart, 'inspector', converge, config, window)
  return converge
}

function trackPageLoads(window: Window, converge: Converge): void {
  const track = () => converge.track(pageLoad)
  track()
  onNavigation?.(window, track)
}

/** Loads and starts a part. If it fails, the error is logged, and the pixel still works. */
export async function startPart(
  loadPart: LoadPart,
  name: 'consent' | 'inspector',
  converge: Converge | undefined,
  config: Partial<Config>,
  window: Window,
): Promise<void> {
  try {
    // `loadPart` throws for an inline script, which has no URL to load a part from.
    const part = await loadPart(name)
    part.start(converge, config, window)
  } catch (error) {
    console.error(error)
  }
}
