import type { Source } from './sources.ts'

/** Why a source's events are not sent, as `code: sentence`, or `undefined` if they are sent. */
export function whySkipped(
  { name, isEnabled }: Pick<Source, 'name' | 'isEnabled'>,
  isPaused: boolean,
): string | undefined {
  if (isPaused) return 'paused: this config is paused. Nothing was sent'
  if (!isEnabled) return `source_disabled: sources.${name}.enabled is false. Nothing was sent`
  return undefined
}
