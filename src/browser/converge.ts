import { attempt } from '../core/attempt.ts'
import { cleanUrl } from '../core/clean-url.ts'
import { copyRecord, createEvent } from '../core/event.ts'
import { pageLoad } from '../core/event-names.ts'
import { readText } from '../core/read.ts'
import { readUser } from '../tiktok/user.ts'
import type { Converge } from '../types.ts'
import { consent, decide, refusal } from './consent.ts'
import { about, forgetClick, ids, keepClick } from './context.ts'
import { isDebug } from './flag.ts'
import { follow, runHeld } from './follow.ts'
import { config, document, loadPart, navigator, window } from './instance.ts'
import { tidyLedger } from './ledger.ts'
import { newId } from './new-id.ts'
import { on, report } from './news.ts'
import { onNavigation } from './page-loads.ts'
import { allowPixel, startPixel } from './pixel.ts'
import { forgetRelay, takeOver } from './relay.ts'
import { keys, remove, write } from './storage.ts'
import { forgetVisitor, known, learn } from './visitor.ts'

const { beforeSend } = config
let standing: Record<string, unknown> = {}

/** Does what was not allowed before, or not urgent. */
function begin(): void {
  report({ consent: consent() })
  if (!refusal()) {
    startPixel()
    keepClick()
    tidyLedger()
    if (config.relay) takeOver()
  }
  runHeld()
}

export const converge: Converge = {
  track(eventName, properties, options) {
    const { eventID, profileProperties, aliases, method } = copyRecord(options)
    const { url: $url, referrer } = about()
    const given = createEvent(
      eventName,
      [{ $url, referrer, $sales_channel_type: 'web' }, standing, properties],
      eventID,
      newId,
    )
    const changed = beforeSend
      ? attempt(() => {
          const event = beforeSend(given)
          return event ? createEvent(event.eventName, [event.properties], event.eventID, newId) : null
        }, console.error)
      : given
    // Where the hook throws, the event goes on as it was.
    const event = changed ?? given
    const own = { ...readUser(event.properties), ...readUser(Object(profileProperties), aliases) }
    return follow(event, changed === null, own, method === 'forward')
  },
  set(given) {
    const { eventProperties, profileProperties, aliases } = copyRecord(given)
    standing = { ...standing, ...Object(eventProperties) }
    if (profileProperties === null) forgetVisitor()
    else learn(readUser(Object(profileProperties), aliases))
  },
  consent(given) {
    decide(given)
    const isDenied = refusal('pixel', true) === 'denied'
    if (isDenied) {
      keys('').forEach(remove)
      forgetClick()
      forgetVisitor()
      forgetRelay()
    }
    write('consent', consent())
    allowPixel(!isDenied)
    begin()
  },
  context() {
    const { url, userAgent = navigator.userAgent } = about()
    return {
      ...(!refusal() && { ...ids(), external_id: known(learn({})).external_id }),
      url: cleanUrl(readText(url)),
      userAgent: readText(userAgent),
      consent: consent(),
    }
  },
  on,
}

async function bring(part: 'consent' | 'inspector'): Promise<void> {
  try {
    // A script that stands in the page itself has no address to bring a part from.
    const { start } = await loadPart(part)
    start(converge, config, window)
  } catch (error) {
    console.error(error)
  }
}

// In idle time TikTok's script does not hold back the page's load event, and its first hit leaves no later.
if (config.load === 'immediate') begin()
else if (window.requestIdleCallback) window.requestIdleCallback(begin, { timeout: 1000 })
else window.setTimeout(begin) // Safari
document.addEventListener('prerenderingchange', begin)
if (config.pageLoads === 'auto') {
  const load = () => converge.track(pageLoad)
  load()
  onNavigation(load)
}
if (config.consentFrom?.length) bring('consent')
if (String(config.debug) === 'true' || isDebug) bring('inspector')
