/** A config that can never work: the path of what is wrong, the value given there, and in words what would be valid. */
export const configError = (where: string, value: unknown, words: string): Error =>
  new Error(`converge-tiktok: ${where} is ${JSON.stringify(value)}, not ${words}`)

/** @throws a sentence, unless the value is text that the pattern accepts. `words` describe the pattern to people. */
export function check(where: string, value: unknown, expected: RegExp, words: string): void {
  if (typeof value !== 'string' || !expected.test(value)) throw configError(where, value, words)
}
