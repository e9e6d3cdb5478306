import { nearest } from '../core/nearest.ts'
import { checkOption, type Option, options } from '../core/options.ts'
import { own } from '../core/read.ts'
import type { Config } from '../types.ts'

/** Attributes of loaders and consent tools. Some of them are nearly ours. */
const foreign = ['data-src', 'data-type', 'data-name', 'data-delay', 'data-loaded', 'data-content']

const attributeOf = (name: string) => `data-${name.replace(/[A-Z]/g, '-$&').toLowerCase()}`

/**
 * Reads the options that stand on the script's tag: `data-pixel-id` is `pixelId`, and so on. Attributes of others are left
 * alone.
 *
 * @throws a sentence that names an attribute which is nearly one of ours, can't stand on a tag, or has a wrong value. Nothing
 * may start then: a misspelt `data-consent` would track without consent.
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
      throw new Error(`converge-tiktok: ${attribute}=${JSON.stringify(value)} is no option of the tag: ${hint}`)
    }
    const parsed = read(value)
    checkOption(attribute, parsed, option)
    Object.assign(config, { [name]: parsed })
  }
  return config
}
