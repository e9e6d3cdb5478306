import type { Source } from './sources.ts'

/** Why nothing of a source is sent, if so: a reason, and a sentence about it. */
export function whySkipped(
  { name, isEnabled }: Pick<Source, 'name' | 'isEnabled'>,
  isPaused: boolean,
): string | undefined {
  if (isPaused) return 'paused: this config is paused. Nothing was sent'
  if (!isEnabled) return `source_disabled: sources.${name}.enabled is false. Nothing was sent`
  return undefined
}
