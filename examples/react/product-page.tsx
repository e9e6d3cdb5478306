import type { Item } from 'converge-tiktok'
import { useEffect } from 'react'
import { useConverge } from './converge.tsx'

export function ProductPage({ product }: { product: Item }) {
  const { track } = useConverge()

  // Only in development, StrictMode runs this twice, so there are two views. It does so to find effects without a cleanup.
  useEffect(() => void track('Viewed Product', product), [track, product])

  return (
    <main>
      <h1>{product.name}</h1>
      <button type="button" onClick={() => track('Added To Cart', { ...product, quantity: 1 })}>
        Add to cart
      </button>
    </main>
  )
}
