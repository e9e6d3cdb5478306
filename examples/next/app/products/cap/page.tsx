import { AddToCart, Viewed } from '../../tracking.tsx'

// Read it from your catalog, on the server. A client component receives plain data.
const cap = { product_id: '9010', variant_id: '90101', name: 'Cap', price: 19.9, currency: 'EUR' }

export default function ProductPage() {
  return (
    <main>
      <h1>{cap.name}</h1>
      <Viewed product={cap} />
      <AddToCart product={cap} />
    </main>
  )
}
