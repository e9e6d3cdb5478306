// Turns GA4's ecommerce events, which a shop pushes for Google Tag Manager, into Converge's events. Load it in the page after the
// stub of converge.js: <script src="/data-layer.js"></script>. Google Tag Manager works as before, and is not required.
;(() => {
  // Set this to true if the prices of your items include tax, as in most European shops. Then `tax` is not added again.
  const PRICES_INCLUDE_TAX = false

  window.dataLayer ||= []
  const layer = window.dataLayer

  const toItem = (item, currency) => ({
    product_id: item.item_id, // If your IDs are those of variants or SKUs, use variant_id or sku here, and set contentId.
    name: item.item_name,
    variant_name: item.item_variant,
    vendor: item.item_brand,
    category: item.item_category,
    price: item.price,
    quantity: item.quantity,
    currency: item.currency ?? currency,
  })

  const amount = (text) => Number(text) || 0

  /** Whether `value` is the sum of the items only, to the cent. */
  function isSubtotal(value, items) {
    const sum = items.reduce((total, { price, quantity = 1 }) => total + Number(price) * Number(quantity), 0)
    return items.length > 0 && Math.abs(Number(value) - sum) < 0.005
  }

  /**
   * What the customer pays. GA4 defines `value` as the sum of the items, without tax and shipping, but many shops push the
   * order's total there. The sum of the items shows which one it is.
   */
  function toTotal({ value, tax, shipping, items }) {
    if (!isSubtotal(value, items)) return value
    return Number(value) + amount(shipping) + (PRICES_INCLUDE_TAX ? 0 : amount(tax))
  }

  const toOrder = ({ value, tax, shipping, currency, coupon, transaction_id, items = [] }) => ({
    id: transaction_id,
    total_price: toTotal({ value, tax, shipping, items }),
    total_tax: tax,
    total_shipping: shipping,
    currency,
    coupon,
    items: items.map((item) => toItem(item, currency)),
  })

  const eachItem = (eventName, { items = [], currency }) => {
    for (const item of items) converge.track(eventName, toItem(item, currency))
  }

  const calls = {
    view_item: (ecommerce) => eachItem('Viewed Product', ecommerce),
    view_item_list({ item_list_id, item_list_name, currency, items = [] }) {
      const listed = items.map((item) => toItem(item, currency))
      converge.track('Viewed Collection', { id: item_list_id, name: item_list_name, items: listed })
    },
    add_to_cart: (ecommerce) => eachItem('Added To Cart', ecommerce),
    begin_checkout: (ecommerce) => converge.track('Started Checkout', toOrder(ecommerce)),
    add_payment_info: (ecommerce) => converge.track('Added Payment Info', toOrder(ecommerce)),
    purchase(ecommerce, { user_data, new_customer }) {
      const { email, phone_number } = user_data ?? {} // the names of Google's enhanced conversions
      const who = {
        $email: email,
        $phone_number: phone_number,
        $is_new_customer: ecommerce.new_customer ?? new_customer,
      }
      converge.track('Placed Order', { ...toOrder(ecommerce), ...who })
    },
    search: (_, { search_term }) => converge.track('Searched', { query: search_term }),
  }

  function take(entry) {
    try {
      calls[entry?.event]?.(entry.ecommerce ?? {}, entry)
    } catch (error) {
      console.error(error) // An error here must not stop the shop's push.
    }
  }

  layer.forEach(take)
  const { push } = layer
  layer.push = (...entries) => {
    const length = push.apply(layer, entries)
    entries.forEach(take)
    return length
  }
})()
