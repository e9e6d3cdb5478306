import type { Log } from '../core/log.ts'
import type { PauseSwitch } from '../store/pause-switch.ts'

/** What stops the intake: `paused` in the config, or the command `converge-tiktok pause`. */
export type PausedBy = 'config' | 'command'

/** What stops the intake now, or `undefined` if events are accepted. A promise only if the database must be read. */
export type ReadPause = () => PausedBy | undefined | Promise<PausedBy | undefined>

export interface PauseOptions {
  /** The config's `paused`. */
  paused: boolean
  /** The switch in the database, if it has one. */
  pauseSwitch: PauseSwitch | undefined
  log: Log
  /** Milliseconds of a clock that never goes back. */
  monotonic: () => number
}

/** Milliseconds until the switch is read again. */
const FRESH = 1000

const paused = {
  config: 'paused by the config: no events are accepted until paused is false. Waiting events are still sent',
  command:
    'paused by the command "converge-tiktok pause": no events are accepted until "converge-tiktok resume". Waiting events are still sent',
} as const satisfies Record<PausedBy, string>

/** Watches the config and the database's switch. Requests within a second share one read, and no timer runs. */
export function createPause({ paused: isPaused, pauseSwitch, log, monotonic }: PauseOptions): ReadPause {
  if (isPaused) {
    log('warn', paused.config)
    return () => 'config'
  }
  if (!pauseSwitch) return () => undefined
  let known: PausedBy | undefined
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  async function readSwitch({ pausedSince }: PauseSwitch): Promise<void> {
    readAt = monotonic()
    try {
      const next = (await pausedSince()) === undefined ? undefined : 'command'
      if (next !== known) log('warn', next ? paused[next] : 'resumed: events are accepted again')
      known = next
    } catch {
      // The database cannot be read now, so it cannot store events either. The event store logs that.
    }
    reading = undefined
  }

  function read(watched: PauseSwitch): ReturnType<ReadPause> {
    if (monotonic() - readAt >= FRESH) reading ??= readSwitch(watched)
    return reading ? reading.then(() => known) : known
  }

  void read(pauseSwitch) // so that the log says it when the server starts
  return () => read(pauseSwitch)
}
