import type { AdminSummary } from '../server/admin/admin-api.ts'
import type { Tone } from '../ui/tone.ts'
import { formatBytes, formatCount, formatDuration } from './format.ts'

/** One line about a part of the forwarder: its state in a word, and a sentence if there is something to do. */
export interface Fact {
  name: string
  value: string
  tone: Tone
  advice: string
}

export interface Headline {
  tone: Tone
  title: string
  sentence: string
  /** True if the dead letters are what the operator should look at. */
  isAboutDeadLetters?: true
}

const fact = (name: string, value: string, tone: Tone, advice = ''): Fact => ({ name, value, tone, advice })

const NEARLY_FULL = 0.8

/** The state of TikTok, the access token, the disk, the intake and the sources. */
export function factsOf(summary: AdminSummary): Fact[] {
  return [tiktokFact(summary), tokenFact(summary), diskFact(summary), intakeFact(summary), sourcesFact(summary)]
}

function tiktokFact({ state: { status } }: AdminSummary): Fact {
  if (status === 'stopped') return fact('TikTok', 'not asked', 'none')
  if (status !== 'delayed') return fact('TikTok', 'answers', 'good')
  return fact(
    'TikTok',
    'delayed',
    'wait',
    'TikTok does not accept events at the moment. They are kept, and sent again with growing pauses. You need not do anything. If it lasts for hours, check that this server reaches the Internet.',
  )
}

function tokenFact({ state: { status, message } }: AdminSummary): Fact {
  if (status !== 'stopped') return fact('Access token', 'accepted', 'good')
  return fact('Access token', 'refused', 'bad', message ?? 'Generate a new access token in TikTok Events Manager.')
}

function diskFact({ state: { status }, disk: { used, limit, free } }: AdminSummary): Fact {
  const words = `${formatBytes(used)} of ${formatBytes(limit)}`
  const onDisk = free === undefined ? '' : `, ${formatBytes(free)} free on the disk`
  if (status === 'full')
    return fact('Disk', `full: ${words}${onDisk}`, 'bad', 'New events are refused. Free some space, or raise maxBytes.')
  const isNear = used > limit * NEARLY_FULL || (free !== undefined && free < (limit - used) * (1 - NEARLY_FULL))
  if (isNear)
    return fact('Disk', `nearly full: ${words}${onDisk}`, 'wait', 'Free some space on the disk, or raise maxBytes.')
  return fact('Disk', words + onDisk, 'good')
}

function intakeFact({ state: { paused } }: AdminSummary): Fact {
  if (!paused) return fact('Intake', 'open', 'good')
  return fact('Intake', 'paused', 'wait', `New events are skipped. ${howToResume[paused]}`)
}

const howToResume = {
  config: 'To accept events again, remove paused from the config, and load it again or restart the server.',
  command: 'To accept events again, run: converge-tiktok resume',
} as const satisfies Record<Exclude<AdminSummary['state']['paused'], false>, string>

function sourcesFact({ sources }: AdminSummary): Fact {
  const refused = sources.filter(({ unauthorized, unavailable }) => unauthorized + unavailable > 0)
  if (refused.length === 0) return fact('Sources', formatCount(sources.length, 'source'), 'good')
  const names = refused.map(({ name }) => name).join(', ')
  return fact('Sources', `refused requests: ${names}`, 'wait', 'Compare their tokens and secrets in Setup.')
}

/** The most important sentence for the operator: whether everything arrives. */
export function headlineOf(summary: AdminSummary): Headline {
  const { state, waiting, oldest = 0 } = summary
  const dead = Object.values(summary.dead).reduce((sum, count) => sum + count, 0)
  const age = formatDuration(oldest)
  if (state.status === 'stopped')
    return { tone: 'bad', title: 'Nothing is sent', sentence: state.message ?? 'TikTok refused the access token.' }
  if (state.status === 'full')
    return { tone: 'bad', title: 'New events are refused', sentence: state.message ?? 'There is no space for them.' }
  if (state.paused)
    return {
      tone: 'wait',
      title: 'Tracking is paused',
      sentence: 'New events are skipped. Waiting ones are still sent.',
    }
  if (state.status === 'delayed')
    return {
      tone: 'wait',
      title: 'TikTok is delayed',
      sentence: `${formatCount(waiting, 'event')} waiting, the oldest for ${age}. They are sent as soon as TikTok accepts them.`,
    }
  if (dead > 0)
    return {
      tone: 'bad',
      title: `${formatCount(dead, 'event')} not delivered`,
      sentence: `${dead === 1 ? 'TikTok refused it, or it became too old' : 'TikTok refused them, or they became too old'}. All other events arrive.`,
      isAboutDeadLetters: true,
    }
  return {
    tone: 'good',
    title: 'Everything arrives',
    sentence: 'TikTok has accepted every event that it should receive.',
  }
}
