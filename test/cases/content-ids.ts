import type { ContentIdMode, EventParameters } from '../../src/types.ts'
import type { Case } from './case.ts'

const all = { product_id: 'P1', variant_id: 'V1', sku: 'S1' }

const rows: [mode: ContentIdMode | undefined, title: string, item: object, content_id: string | undefined][] = [
  [undefined, 'without a mode, the variant', all, 'V1'],
  ['default', 'default: the variant', all, 'V1'],
  ['default', 'default: the product if there is no variant', { product_id: 'P1', sku: 'S1' }, 'P1'],
  ['default', 'default: the product if the variant is null', { ...all, variant_id: null }, 'P1'],
  ['default', 'default: the product if the variant is empty', { ...all, variant_id: ' ' }, 'P1'],
  ['default', 'default: never the SKU', { sku: 'S1' }, undefined],
  ['product_id', 'product_id: the product', all, 'P1'],
  ['product_id', 'product_id: none if it is missing', { variant_id: 'V1', sku: 'S1' }, undefined],
  ['variant_id', 'variant_id: the variant', all, 'V1'],
  ['variant_id', 'variant_id: none if it is missing', { product_id: 'P1', sku: 'S1' }, undefined],
  ['sku', 'sku: the SKU', all, 'S1'],
  ['sku', 'sku: none if it is empty', { ...all, sku: '' }, undefined],
  ['default', 'a number becomes text', { product_id: 7, variant_id: 0 }, '0'],
  ['default', 'a Shopify GID becomes its last part', { variant_id: 'gid://shopify/ProductVariant/44' }, '44'],
]

function sent(content_id: string | undefined): EventParameters {
  return {
    contents: [{ content_type: 'product', ...(content_id && { content_id }) }],
    content_type: 'product',
    num_items: 1,
  }
}

/** The content-ID modes of Converge's TikTok documents, for a flat event and for one with items. */
export const contentIdCases: Case[] = rows.flatMap(([contentId, title, item, content_id]) => [
  {
    title: `content ID, ${title} (flat)`,
    config: contentId ? { contentId } : {},
    track: ['Viewed Product', item],
    pixel: [{ event: 'ViewContent', parameters: sent(content_id) }],
  },
  {
    title: `content ID, ${title} (items)`,
    config: contentId ? { contentId } : {},
    track: ['Started Checkout', { items: [item] }],
    pixel: [{ event: 'InitiateCheckout', parameters: sent(content_id) }],
  },
])
