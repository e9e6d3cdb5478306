import { itemOf } from './products.js'

/** A cart that is never empty: it begins with a tote, and so cheap that the page's filter holds back its order. */
export function createCart() {
  let items = []

  function empty() {
    items = [itemOf('tote', 'Natural')]
  }

  function add(item) {
    const same = items.find(({ variant_id }) => variant_id === item.variant_id)
    items = same
      ? items.map((each) => (each === same ? { ...each, quantity: each.quantity + item.quantity } : each))
      : [...items, item]
  }

  /** What Converge's checkout and order events carry. */
  function totals() {
    const goods = items.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
    const total_shipping = goods < 75 ? 4.9 : 0
    const total_price = cents(goods + total_shipping)
    return { total_price, total_tax: cents(total_price - total_price / 1.19), total_shipping, currency: 'EUR', items }
  }

  empty()
  return { add, empty, totals }
}

const cents = (amount) => Math.round(amount * 100) / 100
