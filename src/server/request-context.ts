import type { Answer } from './respond.ts'

export interface RequestContext {
  /** The visitor's IP address, if the platform knows it. */
  ip?: string | undefined
  /** The routes that this request may use: only those of the operator's page, or all others. Default: all routes. */
  routes?: 'admin' | 'others' | undefined
  /** For the operator's page on a port of its own: the URL of the main server, without a trailing slash. */
  mainUrl?: string | undefined
  /** Keeps a Worker alive until the work is done. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
  /** Reads the body, if the platform has a faster way or its own limits. Returns the text, or the answer that refuses it. */
  readBody?: ((limit: number) => Promise<string | Answer>) | undefined
}
