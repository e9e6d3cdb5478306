import { stringify } from '../core/json.ts'
import type { Config } from '../types.ts'
import { enforce } from './consent.ts'
import type { Page } from './state.ts'

/** Options for the whole page. The first pixel's apply, and stricter consent rules of a later one. */
const pageOptions = ['context', 'domain', 'consent', 'gpc'] as const satisfies (keyof Config)[]

/**
 * Adds the config of a pixel that starts, or starts again. From then on a copy is sent only if the consent rules of every
 * config allow it. Other options that come too late have no effect, and are named in the console.
 */
export function joinConfig(page: Page, config: Config): void {
  const former = page.trackers[config.pixelId]?.config
  const names = namesOfChanges(former ?? page.config, config, former ? Object.keys(config) : pageOptions)
  page.consentRules.push(config)
  if (names.includes('consent') || names.includes('gpc')) enforce(page)
  if (names[0]) console.error(tooLate(config.pixelId, names))
}

function namesOfChanges(former: Config, given: Config, names: readonly string[]): string[] {
  return names.filter((name) => {
    const value: unknown = Reflect.get(given, name)
    return value !== undefined && !isSame(value, Reflect.get(former, name))
  })
}

/** Compares option values as JSON, except the function `beforeSend`. */
function isSame(value: unknown, former: unknown): boolean {
  return value === former || (typeof value !== 'function' && stringify(value) === stringify(former))
}

const tooLate = (pixelId: string, names: readonly string[]): string =>
  `converge-tiktok: ${names.join(', ')} of pixel ${pixelId} came too late. Only a stricter consent or gpc takes effect now. Set the others in the first call.`
