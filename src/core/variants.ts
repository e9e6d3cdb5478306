/** A part of the page's script that a build may leave out. */
export type Feature =
  | 'filters' // filters, and conditions of rows that are not simple (see `isSimple`)
  | 'relay' // the server copy
  | 'pageLoads' // `pageLoads: 'auto'`
  | 'mapping' // checks of the mapping, and replacement of TikTok's old names: a forwarder does both for the config it serves

export type Features = Readonly<Record<Feature, boolean>>

/**
 * The builds of the page's script, by file, the smallest first. `converge.js` has every feature. `converge-pixel.js` is for
 * shops without a forwarder. A forwarder serves the smallest of the others that has all features of its config.
 */
export const variants = {
  'converge-pixel.js': { filters: false, relay: false, pageLoads: false, mapping: true },
  'converge-shop.js': { filters: false, relay: true, pageLoads: true, mapping: false },
  'converge-shop-filters.js': { filters: true, relay: true, pageLoads: true, mapping: false },
  'converge.js': { filters: true, relay: true, pageLoads: true, mapping: true },
} as const satisfies Record<string, Features>

export type Variant = keyof typeof variants

/** The builds that a forwarder serves, the smallest first. The last one has every feature that a served config can need. */
export const servedVariants = ['converge-shop.js', 'converge-shop-filters.js'] as const satisfies Variant[]

export type ServedVariant = (typeof servedVariants)[number]
