import { pageLoad } from '../core/event-names.ts'
import { checkOptions } from '../core/options.ts'
import type { Config, Converge } from '../types.ts'
import { begin } from './consent.ts'
import { joinConfig } from './late-config.ts'
import { onNavigation, readRules, refuseMissing } from './optional-parts.ts'
import { pageOf } from './page.ts'
import { createTracker, startPageLoads } from './tracker.ts'

/** Brings a part that is a file of its own. */
export type LoadPart = (name: 'consent' | 'inspector') => Promise<Part>

export interface Part {
  /** Without a pixel ID there is no `converge`. Only the inspector starts then. */
  start(converge: Converge | undefined, config: Partial<Config>, window: Window): void
}

/**
 * Starts tracking for one pixel ID. A second start for the same ID gives the first one's `converge`; stricter consent rules
 * of its config hold from then on.
 *
 * @throws a sentence that names the part of the config that can never work
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

  // In idle time TikTok's script does not hold back the page's load event, and its first hit leaves no later.
  if (config.load === 'immediate') firstRun()
  else if (window.requestIdleCallback) window.requestIdleCallback(firstRun, { timeout: 1000 })
  else window.setTimeout(firstRun) // Safari
  // A form may stand in the place of document.addEventListener, but not of the window's.
  window.addEventListener('prerenderingchange', () => begin(tracker), true)
  if (config.consentFrom?.length) bringPart(loadPart, 'consent', converge, config, window)
  if (config.debug || page.flags.isDebug) bringPart(loadPart, 'inspector', converge, config, window)
  return converge
}

function trackPageLoads(window: Window, converge: Converge): void {
  const track = () => converge.track(pageLoad)
  track()
  onNavigation?.(window, track)
}

/** A part that does not come is an error in the console, and the pixel goes on. */
export async function bringPart(
  loadPart: LoadPart,
  name: 'consent' | 'inspector',
  converge: Converge | undefined,
  config: Partial<Config>,
  window: Window,
): Promise<void> {
  try {
    // A script that stands in the page itself has no address to bring a part from.
    const part = await loadPart(name)
    part.start(converge, config, window)
  } catch (error) {
    console.error(error)
  }
}
