import type { SkipReason } from '../../store/skip-reasons.ts'
import type { PausedBy } from '../pause.ts'
import type { Source } from './sources.ts'

const pauses = {
  config: 'paused is true in the config. Nothing was sent',
  command: 'the command "converge-tiktok pause" stopped the intake. Nothing was sent',
} as const satisfies Record<PausedBy, string>

export interface WhySkipped {
  code: Extract<SkipReason, 'paused' | 'source_disabled'>
  /** `code: sentence`, for the sender. */
  message: string
}

/** Why a source's events are not sent, or `undefined` if they are sent. */
export function whySkipped(
  { name, isEnabled }: Pick<Source, 'name' | 'isEnabled'>,
  pausedBy: PausedBy | undefined,
): WhySkipped | undefined {
  if (pausedBy) return why('paused', pauses[pausedBy])
  if (!isEnabled) return why('source_disabled', `sources.${name}.enabled is false. Nothing was sent`)
  return undefined
}

const why = (code: WhySkipped['code'], sentence: string): WhySkipped => ({ code, message: `${code}: ${sentence}` })
