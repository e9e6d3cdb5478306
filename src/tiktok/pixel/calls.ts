import { keepFromToJSON } from '../../core/json.ts'
import type { EventParameters } from '../../types.ts'
import type { PixelLoader } from './load.ts'
import type { TtqAccess } from './ttq.ts'

/**
 * Calls `ttq.track` so that no event is lost or sent twice.
 *
 * @param parameters a copy, because TikTok's script writes into it
 * @throws any error from a foreign wrapper around `ttq`
 */
export function trackCall(
  { join }: TtqAccess,
  { isLive }: PixelLoader,
  pixelId: string,
  event: string,
  parameters: EventParameters,
  event_id: string,
): void {
  const ttq = join()
  keepFromToJSON(parameters)
  // Until our pixel is live, only calls in the global queue survive a later snippet that loads the same ID. Once it is live,
  // only a call on the instance is sent once if the ID was loaded twice. Both were measured with pixel 2.2.1.
  if (isLive(ttq)) ttq?.instance(pixelId).track(event, parameters, { event_id })
  else ttq?.track(event, parameters, { event_id, pixel_code: pixelId })
}
