import type { PausedBy } from '../pause.ts'
import type { Source } from './sources.ts'

const pauses = {
  config: 'paused: paused is true in the config. Nothing was sent',
  command: 'paused: the command "converge-tiktok pause" stopped the intake. Nothing was sent',
} as const satisfies Record<PausedBy, string>

/** Why a source's events are not sent, as `code: sentence`, or `undefined` if they are sent. */
export function whySkipped(
  { name, isEnabled }: Pick<Source, 'name' | 'isEnabled'>,
  pausedBy: PausedBy | undefined,
): string | undefined {
  if (pausedBy) return pauses[pausedBy]
  if (!isEnabled) return `source_disabled: sources.${name}.enabled is false. Nothing was sent`
  return undefined
}
