/** A file or a request that is refused as unsafe. The message is a whole sentence, and the exit code is 3. */
export class Refused extends Error {
  override name = 'Refused'
}
