import type { ServedVariant } from '../core/variants.ts'

/** The built scripts that a forwarder serves. The build inserts their text, because a Worker has no files. */
export const scripts: Record<ServedVariant | 'consent.js' | 'inspector.js', string> = {
  'converge-shop.js': '',
  'converge-shop-filters.js': '',
  'consent.js': '',
  'inspector.js': '',
}
