import { own } from '../core/read.ts'
import type { Config, ConsentAdapter, Converge } from '../types.ts'
import { adapters } from './adapters.ts'

/** Connects the platforms in `consentFrom` to an instance's `consent`. */
export function start(
  converge: Pick<Converge, 'consent'> | undefined,
  { consentFrom }: Partial<Config>,
  window: Window,
): void {
  // A `data-` attribute is text with names separated by commas.
  for (const name of String(consentFrom ?? '').split(',')) {
    const adapter = own<ConsentAdapter>(adapters, name.trim())
    if (adapter) adapter(window, (consent) => converge?.consent(consent))
    else console.error(`converge-tiktok: consentFrom names "${name.trim()}", not ${Object.keys(adapters).join(' or ')}`)
  }
}
