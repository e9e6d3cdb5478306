import type { Item } from 'converge-tiktok'
import { useEffect } from 'react'
import { useConverge } from './converge.tsx'

export function ProductPage({ product }: { product: Item }) {
  const { track } = useConverge()

  // In development alone, StrictMode runs this twice: two views are the price of finding effects that don't clean up.
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
