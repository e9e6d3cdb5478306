import type { Status } from '../types.ts'
import type { Tone } from './tone.ts'

/** Converge's names of the statuses. */
export const statusNames = {
  success: 'Success',
  failure: 'Failure',
  retry: 'Retry',
  filtered: 'Filtered',
  skipped: 'Skipped',
  no_consent: 'No consent',
} as const satisfies Record<Status, string>

export const statusTones = {
  success: 'good',
  failure: 'bad',
  retry: 'wait',
  filtered: 'calm',
  skipped: 'none',
  no_consent: 'wait',
} as const satisfies Record<Status, Tone>
