import { nearest } from '../core/nearest.ts'
import { checkOption, type Option, options } from '../core/options.ts'
import { own } from '../core/read.ts'
import type { Config } from '../types.ts'

/** Attributes of loaders and consent tools. Some names are similar to our options. */
const foreign = ['data-src', 'data-type', 'data-name', 'data-delay', 'data-loaded', 'data-content']

const attributeOf = (name: string) => `data-${name.replace(/[A-Z]/g, '-$&').toLowerCase()}`

/**
 * Reads the options on the script's tag: `data-pixel-id` is `pixelId`, and so on. Attributes of other programs are ignored.
 *
 * @throws an error that names an attribute which is misspelled, not allowed on a tag, or has a wrong value. Nothing may start
 * then, because a misspelled `data-consent` would track without consent.
 */
export function readTag(script: Element): Partial<Config> {
  const config: Partial<Config> = {}
  for (const { name: attribute, value } of script.attributes) {
    if (!attribute.startsWith('data-') || foreign.includes(attribute)) continue
    const name = nearest(attribute.slice(5), Object.keys(options)) ?? ''
    const option = own<Option>(options, name)
    if (!option) continue
    const [, , read] = option
    const nearestAttribute = attributeOf(name)
    if (attribute !== nearestAttribute || !read) {
      const hint = read ? `did you mean ${nearestAttribute}?` : `use init for ${name}.`
      throw new Error(`converge-tiktok: ${attribute}=${JSON.stringify(value)} is not valid on a tag: ${hint}`)
    }
    const parsed = read(value)
    checkOption(attribute, parsed, option)
    Object.assign(config, { [name]: parsed })
  }
  return config
}
