'use client'
import type { Item } from 'converge-tiktok'
import { useEffect } from 'react'
import { converge } from '../converge.ts'

/** Use it in a server component's page. It renders nothing. */
export function Viewed({ product }: { product: Item }) {
  useEffect(() => void converge.track('Viewed Product', product), [product])
  return null
}

export function AddToCart({ product }: { product: Item }) {
  return (
    <button type="button" onClick={() => converge.track('Added To Cart', { ...product, quantity: 1 })}>
      Add to cart
    </button>
  )
}
