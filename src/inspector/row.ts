import type { Channel } from '../types.ts'
import { statusNames, statusTones } from '../ui/statuses.ts'
import type { Tone } from '../ui/tone.ts'
import type { Build } from './build.ts'
import type { Delivery } from './deliveries.ts'
import type { Entry, Outcome } from './entry.ts'
import { icon } from './icon.ts'
import { redact } from './redact.ts'

export const outcomeNames: Record<Outcome, string> = { ...statusNames, external: 'External' }

const outcomeTones: Record<Outcome, Tone> = { ...statusTones, external: 'other' }

const channelNames: Record<Channel, string> = { pixel: 'Pixel', relay: 'Relay' }

export const deliveryWords: Record<Delivery, [word: string, tone: Tone]> = {
  handed: ['sent', 'good'],
  waiting: ['queued', 'wait'],
  blocked: ['blocked', 'bad'],
  held: ['held', 'wait'],
  denied: ['denied', 'bad'],
  kept: ['kept', 'wait'],
  refused: ['refused', 'bad'],
  late: ['too late', 'bad'],
  lost: ['dropped', 'bad'],
  none: ['not sent', 'none'],
}

/** The content of a row's button. */
export function rowContent(build: Build, document: Document, entry: Entry, pixelId: string): HTMLElement {
  const { outcome, names, deliveries, diagnoses, matchKeys, tracked, isKept } = entry
  const channels = (['pixel', 'relay'] as const).filter((via) => (tracked || isKept) && deliveries[via] !== 'none')
  // The other marks already show that everything was sent.
  const isWaiting = outcome === 'success' && deliveries.pixel === 'waiting'
  const isAllSaid = outcome === 'success' && !isWaiting && !isKept && !tracked?.result.reason
  const outcomeText = isWaiting ? `${outcomeNames[outcome]}, pixel waiting` : outcomeNames[outcome]
  const becomes = names.length > 0 && [
    build('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'),
    build('span', 'unseen', ', becomes '),
    build('span', 'to', names.join(', ')),
  ]
  return build(
    'span',
    'line',
    build('span', 'open', icon(document, 'open')),
    build('span', 'what', build('span', 'name', redact(entry.eventName) || '(no name)'), ...(becomes || [])),
    build('span', { class: 'outcome', 'data-tone': isWaiting ? 'wait' : outcomeTones[outcome] }, outcomeText),
    build('time', 'time', clock(entry.time)),
    !isAllSaid && build('span', 'why', entry.sentence),
    build(
      'span',
      'marks',
      pixelId && build('span', '', pixelId),
      ...channels.map((via) => deliveryMark(build, via, deliveries[via])),
      matchKeys.length > 0 && keyMark(),
      diagnoses.length > 0 && build('span', 'fix', icon(document, 'alert'), `${diagnoses.length} to fix`),
    ),
  )

  function keyMark(): HTMLElement {
    const present = matchKeys.filter(({ isThere }) => isThere).length
    // Your shop cannot provide the others.
    const missing = matchKeys.filter(({ isThere, isGiven }) => isGiven && !isThere).map(({ key }) => key)
    const pips = matchKeys.map(({ isThere }) => build('i', isThere ? 'there' : ''))
    return build(
      'span',
      '',
      build('span', { class: 'pips', 'aria-hidden': 'true' }, ...pips),
      build('span', 'unseen', 'Match keys: '),
      `${present} of ${matchKeys.length}${missing.length ? `, add ${missing.join(', ')}` : ''}`,
    )
  }
}

/** The state of an event's copy on one channel. */
export function deliveryMark(build: Build, channel: Channel, delivery: Delivery): HTMLElement {
  const [word, tone] = deliveryWords[delivery]
  return build('span', { class: 'dot', 'data-tone': tone }, `${channelNames[channel]} ${word}`)
}

/** Hours, minutes and seconds in the browser's time zone. */
export function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8)
}
