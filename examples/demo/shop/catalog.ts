// The shop's products.
import type { Picture } from './pictures.ts'

export interface Variant {
  variant_id: string
  sku: string
  name: string
  price: number
  /** CSS. */
  color: string
}

export interface Product {
  handle: string
  product_id: string
  name: string
  category: Category
  words: string
  picture: Picture
  variants: readonly [Variant, ...Variant[]]
}

export const vendor = 'Nordlicht'
export const currency = 'EUR'
export const categories = ['Clothing', 'Bags', 'Home'] as const
export type Category = (typeof categories)[number]

const sand = '#c9b28b'
const indigo = '#3f4d7a'
const moss = '#6c7a4f'
const rust = '#b3603c'
const ink = '#34373d'
const milk = '#d9d3c5'

export const products: readonly Product[] = [
  {
    handle: 'linen-shirt',
    product_id: '4101',
    name: 'Linen Shirt',
    category: 'Clothing',
    words: 'Washed linen from Masuria, cut straight, with buttons of corozo. It is cool in July and dries overnight.',
    picture: 'shirt',
    variants: [
      { variant_id: '410101', sku: 'LINEN-SAND-M', name: 'Sand / M', price: 59, color: sand },
      { variant_id: '410102', sku: 'LINEN-SAND-L', name: 'Sand / L', price: 59, color: sand },
      { variant_id: '410103', sku: 'LINEN-INDI-M', name: 'Indigo / M', price: 64, color: indigo },
      { variant_id: '410104', sku: 'LINEN-INDI-L', name: 'Indigo / L', price: 64, color: indigo },
    ],
  },
  {
    handle: 'canvas-tote',
    product_id: '4102',
    name: 'Canvas Tote',
    category: 'Bags',
    words: 'Heavy canvas, long handles, one inner pocket for keys. It holds the groceries of two days.',
    picture: 'tote',
    variants: [
      { variant_id: '410201', sku: 'TOTE-NATURAL', name: 'Natural', price: 24, color: milk },
      { variant_id: '410202', sku: 'TOTE-MOSS', name: 'Moss', price: 26, color: moss },
      { variant_id: '410203', sku: 'TOTE-INK', name: 'Ink', price: 26, color: ink },
    ],
  },
  {
    handle: 'wool-beanie',
    product_id: '4103',
    name: 'Wool Beanie',
    category: 'Clothing',
    words: 'Ribbed merino, knitted in one piece. The brim folds twice when the wind is from the east.',
    picture: 'beanie',
    variants: [
      { variant_id: '410301', sku: 'BEANIE-RUST', name: 'Rust', price: 29, color: rust },
      { variant_id: '410302', sku: 'BEANIE-MOSS', name: 'Moss', price: 29, color: moss },
    ],
  },
  {
    handle: 'enamel-mug',
    product_id: '4104',
    name: 'Enamel Mug',
    category: 'Home',
    words: 'Steel under two coats of enamel, 350 ml. It survives the campfire and the dishwasher alike.',
    picture: 'mug',
    variants: [
      { variant_id: '410401', sku: 'MUG-INDIGO', name: 'Indigo', price: 14.5, color: indigo },
      { variant_id: '410402', sku: 'MUG-MILK', name: 'Milk', price: 14.5, color: milk },
    ],
  },
  {
    handle: 'day-pack',
    product_id: '4105',
    name: 'Day Pack',
    category: 'Bags',
    words: 'Waxed cotton, 18 litres, a flap that stays shut in the rain and a sleeve for a laptop.',
    picture: 'pack',
    variants: [
      { variant_id: '410501', sku: 'PACK-MOSS', name: 'Moss', price: 119, color: moss },
      { variant_id: '410502', sku: 'PACK-RUST', name: 'Rust', price: 119, color: rust },
    ],
  },
  {
    handle: 'beeswax-candle',
    product_id: '4106',
    name: 'Beeswax Candle',
    category: 'Home',
    words: 'Poured by hand in a glass that becomes a tumbler. Burns for forty hours and smells of honey.',
    picture: 'candle',
    variants: [{ variant_id: '410601', sku: 'CANDLE-40H', name: '40 hours', price: 18, color: sand }],
  },
  {
    handle: 'picnic-blanket',
    product_id: '4107',
    name: 'Picnic Blanket',
    category: 'Home',
    words: 'Recycled wool with a waxed back, 150 by 200 cm, and a strap to carry it over the shoulder.',
    picture: 'blanket',
    variants: [
      { variant_id: '410701', sku: 'BLANKET-RUST', name: 'Rust check', price: 79, color: rust },
      { variant_id: '410702', sku: 'BLANKET-INDI', name: 'Indigo check', price: 79, color: indigo },
    ],
  },
  {
    handle: 'boot-socks',
    product_id: '4108',
    name: 'Boot Socks',
    category: 'Clothing',
    words: 'Three parts wool, one part everything that makes wool last. Sold as a pair, naturally.',
    picture: 'socks',
    variants: [
      { variant_id: '410801', sku: 'SOCKS-INK', name: 'Ink', price: 16, color: ink },
      { variant_id: '410802', sku: 'SOCKS-SAND', name: 'Sand', price: 16, color: sand },
    ],
  },
]

export const findProduct = (handle: string): Product | undefined =>
  products.find((product) => product.handle === handle)

/** A variant, with its product. */
export function findVariant(variant_id: unknown): { product: Product; variant: Variant } | undefined {
  for (const product of products) {
    const variant = product.variants.find((one) => one.variant_id === variant_id)
    if (variant) return { product, variant }
  }
  return undefined
}

/** Every word must be in the product's name, category or description. */
export function search(query: string): Product[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return products.filter(({ name, category, words: text }) => {
    const found = `${name} ${category} ${text}`.toLowerCase()
    return words.length > 0 && words.every((word) => found.includes(word))
  })
}

const euros = new Intl.NumberFormat('en', { style: 'currency', currency })

export const money = (amount: number): string => euros.format(amount)
