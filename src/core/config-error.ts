import { attempt } from './attempt.ts'
import { stringify } from './json.ts'

/** Builds the error for an invalid config value: its path, the given value, and in words what is valid. */
export const configError = (where: string, value: unknown, words: string): Error =>
  new Error(`converge-tiktok: ${where} is ${show(value)}, not ${words}`)

// NaN would be null in JSON. A function or a symbol has no JSON. A cycle or a bigint throws.
const show = (value: unknown) => (typeof value === 'number' ? value : (attempt(() => stringify(value)) ?? typeof value))
