/** A part of the page's script that a build may leave out. */
export type Feature =
  | 'filters' // filters, and conditions on rows of the mapping that `isSimple` does not know
  | 'relay' // the server copy
  | 'pageLoads' // `pageLoads: 'auto'`
  | 'mapping' // the checks of a mapping and TikTok's old names: a forwarder has done both for the config that it serves

export type Features = Readonly<Record<Feature, boolean>>

/**
 * The builds of the page's script, by file, the smallest first. `converge.js` has everything. `converge-pixel.js` is for shops
 * that have no forwarder. A forwarder serves the smallest of the others that its config allows, as converge.js.
 */
export const variants = {
  'converge-pixel.js': { filters: false, relay: false, pageLoads: false, mapping: true },
  'converge-shop.js': { filters: false, relay: true, pageLoads: true, mapping: false },
  'converge-shop-filters.js': { filters: true, relay: true, pageLoads: true, mapping: false },
  'converge.js': { filters: true, relay: true, pageLoads: true, mapping: true },
} as const satisfies Record<string, Features>

export type Variant = keyof typeof variants

/** The builds that a forwarder serves, the smallest first. The last one has all that a served config may need. */
export const servedVariants = ['converge-shop.js', 'converge-shop-filters.js'] as const satisfies Variant[]

export type ServedVariant = (typeof servedVariants)[number]
