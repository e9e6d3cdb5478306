// The Converge call that each button makes, as parameters of `converge.track`. `item` is the product that was chosen.
import { itemOf } from './products.js'

const jane = { profileProperties: { $email: 'jane@example.com', $phone_number: '+49 170 1234567' } }

const orderId = () => `NL-${String(Date.now()).slice(-8)}`

const refill = () => ({ id: orderId(), total_price: 24, currency: 'EUR', items: [itemOf('tote', 'Natural')] })

export const calls = {
  pageView: () => ['$page_load'],
  viewProduct: ({ item }) => ['Viewed Product', item],
  viewCollection: () => [
    'Viewed Collection',
    { id: '77', name: 'Summer', items: [itemOf('shirt', 'Sand / M'), itemOf('tote', 'Natural')] },
  ],
  search: () => ['Searched', { query: 'linen shirt' }],
  addToCart: ({ item }) => ['Added To Cart', item],
  checkOut: ({ totals }) => ['Started Checkout', totals],
  pay: ({ totals }) => ['Added Payment Info', totals],
  order: ({ totals }) => ['Placed Order', { id: orderId(), ...totals }, jane],
  firstOrder: ({ totals }) => ['Placed Order', { id: orderId(), $is_new_customer: true, ...totals }, jane],
  subscribe: () => ['Started Subscription', refill(), jane],
  activate: () => ['Activated Subscription', refill()],
  recurringOrder: () => ['Placed Recurring Subscription Order', refill()],
  cancel: () => ['Cancelled Subscription', refill()],
  newsletter: () => ['Subscribed To Newsletter', {}, jane],
  hostile: () => [
    'Placed Order',
    {
      id: Date.now(),
      total_price: '129.90',
      currency: 'eur',
      items: [{ product_id: 4101, variant_id: null, name: ' Linen Shirt ', price: '64.95', quantity: '2' }, null],
    },
  ],
  unmapped: () => ['Added To Wishlist', { product_id: '4101' }],
}
