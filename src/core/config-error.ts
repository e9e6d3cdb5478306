import { attempt } from './attempt.ts'
import { stringify } from './json.ts'

/** Builds the error for an invalid config value: its path, the given value, and in words what is valid. */
export const configError = (where: string, value: unknown, words: string): Error =>
  // A function or a symbol has no JSON. A cycle or a bigint throws.
  new Error(`converge-tiktok: ${where} is ${attempt(() => stringify(value)) ?? typeof value}, not ${words}`)
