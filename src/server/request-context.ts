export interface RequestContext {
  /** The visitor's, where the platform knows it. */
  ip?: string | undefined
  /** Keeps a Worker alive until what was begun has ended. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
}
