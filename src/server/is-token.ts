/** True for text that can be sent in a header: ASCII without spaces. */
export function isToken(value: unknown): boolean {
  return typeof value === 'string' && /^[!-~]+$/.test(value)
}
