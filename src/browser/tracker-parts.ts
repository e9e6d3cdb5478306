import type { TrackCall } from '../tiktok/pixel/calls.ts'
import type { PixelLoader } from '../tiktok/pixel/load.ts'
import type { Rules } from '../tiktok/rules.ts'
import type { Config, State } from '../types.ts'
import type { Held } from './held.ts'
import type { Ledger } from './ledger.ts'
import type { Page } from './page.ts'
import type { Relay } from './relay.ts'

/** What one pixel ID owns. */
export interface TrackerParts {
  page: Page
  config: Config
  rules: Rules
  state: State
  loader: PixelLoader
  trackCall: TrackCall
  ledger: Ledger
  held: Held
  /** Where the config names none, no server copy is posted. */
  relay: Relay | undefined
}
