import { AddToCart, Viewed } from '../../tracking.tsx'

// From your catalog, on the server: what a client component gets is plain data.
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
