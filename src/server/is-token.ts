/** Text that can stand in a header: no spaces, and no letters beyond ASCII. */
export function isToken(value: unknown): boolean {
  return typeof value === 'string' && /^[!-~]+$/.test(value)
}
