// GA4's ecommerce events, as a shop pushes them for Google Tag Manager, become Converge's. Load it in the page, after the stub
// of converge.js: <script src="/data-layer.js"></script>. Google Tag Manager goes on as before, and need not be there at all.
;(() => {
  window.dataLayer ||= []
  const layer = window.dataLayer

  const toItem = (item, currency) => ({
    product_id: item.item_id, // if yours are the ids of variants or SKUs, name the field so, and set contentId
    name: item.item_name,
    variant_name: item.item_variant,
    vendor: item.item_brand,
    category: item.item_category,
    price: item.price,
    quantity: item.quantity,
    currency: item.currency ?? currency,
  })

  /** GA4's `value` is that of the items alone, and Converge's total_price what the customer pays. */
  const toOrder = ({ value, tax, shipping, currency, coupon, transaction_id, items = [] }) => ({
    id: transaction_id,
    total_price: value === undefined ? undefined : Number(value) + Number(tax ?? 0) + Number(shipping ?? 0),
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
      const { email, phone_number } = user_data ?? {} // as for Google's enhanced conversions
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
      console.error(error) // a push of the shop must never fail because of us
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
