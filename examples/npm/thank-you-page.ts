import { converge } from './tracking.ts'

// Ask your shop which order was placed.
const order = {
  id: '1001',
  total_price: 94.8,
  total_tax: 15.14,
  total_shipping: 4.9,
  currency: 'EUR',
  $email: 'jane@shop.example',
  $is_new_customer: true,
  gift_wrap: true,
  items: [
    { product_id: '9010', variant_id: '90101', name: 'Cap', price: 19.9, quantity: 2 },
    { product_id: '9020', variant_id: '90201', name: 'Bag', price: 50.1, quantity: 1 },
  ],
}

// A reload of the page tracks the order again, but it is sent once, because its id is the event's ID.
const { status, reason } = converge.track('Placed Order', order)
document.querySelector('output')?.append(`Placed Order: ${status} ${reason ?? ''}`)

document.querySelector('button')?.addEventListener('click', () => {
  converge.consent({ analytics: 'granted', marketing: 'granted' })
})
