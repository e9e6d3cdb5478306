import { attempt } from '../core/attempt.ts'
import { cleanUrl } from '../core/clean-url.ts'
import { pageLoad } from '../core/event-names.ts'
import { readText } from '../core/read.ts'
import { route } from '../tiktok/route.ts'
import type {
  Channel,
  ConvergeEvent,
  DestinationEvent,
  Reason,
  RelayedEvent,
  Status,
  TrackResult,
  User,
} from '../types.ts'
import { consent, refusal } from './consent.ts'
import { ids } from './context.ts'
import { testCode } from './flag.ts'
import { config, navigator, rules } from './instance.ts'
import { sent } from './ledger.ts'
import { emit, onPixelChange, state } from './news.ts'
import { callPixel, inTurn } from './pixel.ts'
import { relay, type Settle } from './relay.ts'
import { known, learn } from './visitor.ts'

const MOST = 100

let lastPage: unknown = {} // unlike any address, also one that nobody knows
/** What does an event whose consent is undecided. */
const held: (() => void)[] = []
/** What was sent, by name and id. */
const seen = new Set<string>()

/** Does what was held. */
export function runHeld(): void {
  for (const run of held.splice(0)) run()
}

/** Sends an event on its way, and tells whatever becomes of it. */
export function follow(event: ConvergeEvent, isStopped: boolean, own: User, isClientOnly: boolean): TrackResult {
  const time = Date.now()
  const person = learn(own)
  const { eventName, eventID, properties } = event
  const key = `${eventName}.${eventID}`
  let destinationEvents: DestinationEvent[] = []
  let matchKeys: string[] | undefined
  let isSeen = false
  /** Whether the pixel took it. Unknown where it wasn't asked. */
  let isHanded: boolean | undefined
  /** Whether it was not blocked then, or came after all: TikTok may have had it. */
  let isTaken = false
  /** What became of the server copy, where there is one. */
  let relayed: Parameters<Settle> | undefined
  let result: TrackResult | undefined

  function tell(status: Status, reason?: Reason): TrackResult {
    if (result?.status === status && result.reason === reason) return result
    result = { status, reason, eventName, eventID, time, destinationEvents, matchKeys }
    emit('event', result, event)
    return result
  }

  function run(): TrackResult {
    const problem = refusal()
    const mayRelay = config.relay && !isClientOnly && !refusal('relay')
    if (problem === 'undecided' && held.push(run) > MOST) held.shift()
    if (problem && !mayRelay) return tell('no_consent', problem)
    const rows = route(event, rules, config)
    if (!rows) return tell('filtered', 'filter')
    if (!rows[0]) return tell('skipped', 'unmapped')
    if (!isSeen && (seen.has(key) || (!problem && sent(event)))) return tell('skipped', 'already_sent')
    seen.add(key)
    isSeen = true
    const user = problem ? own : known(person)
    matchKeys = Object.keys(user)
    const send: RelayedEvent['send'] = []
    destinationEvents = rows.flatMap(({ event, forward, parameters }) => {
      const via: Channel[] = []
      if (state.pixel !== 'off' && !problem && forward !== 'server') {
        isHanded ??= false
        // TikTok's script, or whoever else has put a ttq there, may throw.
        attempt(() => {
          callPixel(user, person, event, parameters(), eventID)
          via.push('pixel')
          isHanded = true
          isTaken = state.pixel !== 'blocked'
        })
      }
      if (mayRelay && forward !== 'client') {
        via.push('relay')
        send.push({ event, parameters: parameters() })
      }
      return via[0] ? { event, event_id: eventID, parameters: parameters(), via } : []
    })
    if (send[0] && !relayed) {
      relayed = ['success']
      // Undecided, a server copy says nothing of how the visitor came here.
      const clean = (url: unknown) => cleanUrl(readText(url).replace(problem ? /\?.*/ : '', ''))
      relay(
        {
          time,
          eventName,
          eventID,
          send,
          // Asked whenever it is posted: a grant may come while it waits.
          get pixel() {
            return isTaken
          },
          user,
          page: { url: clean(properties.$url), referrer: clean(properties.referrer) },
          ...(!problem && { ...ids(), locale: navigator.language }),
          consent: consent(),
          test: testCode,
        },
        (...answer) => {
          relayed = answer
          assess()
        },
      )
    }
    return assess()
  }

  /** Says how it is doing, from what is known of its copies by now. */
  function assess(): TrackResult {
    const pixelStatus = isHanded ? state.pixel : ''
    if (pixelStatus === 'live') {
      isTaken = true
      onPixelChange.delete(assess)
      inTurn(() => sent(event, Date.now()))
    } else if (pixelStatus) {
      const [oldest = assess] = onPixelChange.add(assess)
      if (onPixelChange.size > MOST) onPixelChange.delete(oldest)
    }

    const [status, reason] = relayed ?? []
    if (status === 'retry') return tell(status, reason)
    if (pixelStatus && pixelStatus !== 'blocked') return tell('success', reason)
    const problem = isHanded === undefined ? refusal() : 'pixel_blocked'
    if (status) return tell(status, reason ?? problem)
    if (!problem) return tell('skipped', 'no_channel')
    return tell(isHanded === undefined ? 'no_consent' : 'failure', problem)
  }

  if (isStopped) return tell('filtered', 'before_send')
  if (eventName === pageLoad) {
    if (properties.$url === lastPage) return tell('skipped', 'same_page')
    lastPage = properties.$url
  }
  return run()
}
