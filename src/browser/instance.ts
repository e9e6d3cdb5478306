// An instance is one run of the modules in this folder, for one pixel: what they hold is its own. The build makes a function
// of them (`start.ts`), which a page calls once for each pixel, and these are its parameters.

import { readRules } from '../tiktok/rules.ts'
import type { Config, Converge } from '../types.ts'

/** Brings a part that is a file of its own. */
export type LoadPart = (name: 'consent' | 'inspector') => Promise<Part>

export interface Part {
  start(converge: Converge, config: Config, window: Window): void
}

declare const givenConfig: Config
declare const givenWindow: Window
declare const givenParts: LoadPart

export const config = givenConfig
/** A config that can never work throws before anything is touched. */
export const rules = readRules(config)
export const window = givenWindow
export const loadPart = givenParts
export const { document, location, navigator } = window
