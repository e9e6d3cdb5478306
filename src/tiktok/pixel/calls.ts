import { keepFromToJSON } from '../../core/json.ts'
import type { EventParameters } from '../../types.ts'
import type { PixelLoader } from './load.ts'
import type { TtqAccess } from './ttq.ts'

/**
 * Calls `ttq.track` in the way that loses and doubles nothing.
 *
 * @param parameters nobody else's: TikTok's script writes into them
 * @throws what a foreign wrapper around `ttq` throws
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
  // Until our pixel is live, only the global queue survives a later snippet that loads the same id. Afterwards only the
  // instance sends once where the id was loaded twice.
  if (isLive(ttq)) ttq?.instance(pixelId).track(event, parameters, { event_id })
  else ttq?.track(event, parameters, { event_id, pixel_code: pixelId })
}
