import type { Config } from '../types.ts'

/** What a script tag says. With an error, nothing starts. */
export interface Tag {
  config: Partial<Config>
  error?: string
}

export const readTag = (script: HTMLScriptElement | undefined): Tag => ({ config: { ...script?.dataset } })
