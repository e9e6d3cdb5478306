/** A mistake on the command line. The message is one sentence without its period, and the exit code is 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}
