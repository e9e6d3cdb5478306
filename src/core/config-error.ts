/** A config that can never work: the path of what is wrong, what stands there, and what could. */
export const configError = (where: string, value: unknown, expected: unknown): Error =>
  new Error(`converge-tiktok: ${where} is ${JSON.stringify(value)}, not ${expected}`)

export function check(where: string, value: unknown, expected: RegExp): void {
  if (typeof value !== 'string' || !expected.test(value)) throw configError(where, value, expected)
}
