// Put this inside <Analytics.Provider> in app/root.tsx. It turns Hydrogen's events into Converge's events.
import { AnalyticsEvent, type ProductViewPayload, useAnalytics } from '@shopify/hydrogen'
import { createConverge, type Item } from 'converge-tiktok'
import { useEffect } from 'react'

/** On the server, it skips every event. */
const converge = createConverge({
  pixelId: 'CJQBODJC77UB4MRTGFRF',
  relay: 'https://converge.shop.example', // your forwarder
  consent: 'require',
  consentFrom: ['shopify'], // Hydrogen's Customer Privacy API
})

export function ConvergeTikTok() {
  const { subscribe, register } = useAnalytics()
  const { ready } = register('converge-tiktok')

  useEffect(() => {
    subscribe(AnalyticsEvent.PAGE_VIEWED, () => {
      converge.track('$page_load')
    })
    subscribe(AnalyticsEvent.PRODUCT_VIEWED, ({ products, shop }) => {
      for (const product of products) converge.track('Viewed Product', { ...toItem(product), currency: shop?.currency })
    })
    subscribe(AnalyticsEvent.COLLECTION_VIEWED, ({ collection }) => {
      converge.track('Viewed Collection', { id: collection.id, name: collection.handle })
    })
    subscribe(AnalyticsEvent.SEARCH_VIEWED, ({ searchTerm }) => {
      converge.track('Searched', { query: searchTerm })
    })
    subscribe(AnalyticsEvent.PRODUCT_ADD_TO_CART, ({ currentLine, prevLine }) => {
      if (!currentLine) return
      const { merchandise, quantity } = currentLine
      converge.track('Added To Cart', {
        product_id: merchandise.product.id,
        variant_id: merchandise.id,
        sku: merchandise.sku,
        name: merchandise.product.title,
        vendor: merchandise.product.vendor,
        price: merchandise.price.amount,
        currency: merchandise.price.currencyCode,
        quantity: quantity - (prevLine?.quantity ?? 0),
      })
    })
    ready()
  }, [subscribe, ready])

  return null
}

function toItem(product: ProductViewPayload['products'][number]): Item {
  return {
    product_id: product.id,
    variant_id: product.variantId,
    sku: product.sku,
    name: product.title,
    variant_name: product.variantTitle,
    vendor: product.vendor,
    category: product.productType,
    price: product.price,
  }
}
