import { attempt } from './attempt.ts'
import { stringify } from './json.ts'

/** A config that can never work: the path of what is wrong, what stands there, and what could. */
export const configError = (where: string, value: unknown, expected: unknown): Error =>
  // A function or a symbol has no JSON, a cycle or a bigint throws.
  new Error(`converge-tiktok: ${where} is ${attempt(() => stringify(value)) ?? typeof value}, not ${expected}`)
