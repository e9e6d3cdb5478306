import type { Config, Converge } from '../types.ts'
import type { LoadPart } from './instance.ts'

/**
 * An instance in a page: a run of `converge.ts` and what it imports. The build puts the function here (`instances.ts`).
 *
 * @throws a sentence that names the part of the config that can never work
 */
export declare function startConverge(config: Config, window: Window, loadPart: LoadPart): Converge
