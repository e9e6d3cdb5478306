import type { Answer } from './respond.ts'

export interface RequestContext {
  /** The visitor's, where the platform knows it. */
  ip?: string | undefined
  /** Keeps a Worker alive until what was begun has ended. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
  /** Reads the body, where the platform has a quicker way or bounds of its own: the text, or what to answer instead. */
  readBody?: ((limit: number) => Promise<string | Answer>) | undefined
}
