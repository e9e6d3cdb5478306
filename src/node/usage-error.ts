/** A mistake in the command line. It is printed in one sentence, and the exit code is 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}
