// The shop's calls. converge-tiktok.php prints the data of the page as JSON.
;(() => {
  const {
    product,
    children = [],
    collection,
    searched,
    checkout,
    order,
    renewal,
  } = JSON.parse(document.getElementById('converge-page').textContent)

  converge.track('$page_load')
  if (product) converge.track('Viewed Product', product)
  if (collection) converge.track('Viewed Collection', collection)
  if (searched) converge.track('Searched', { query: searched })
  if (checkout) converge.track('Started Checkout', checkout)
  if (order) converge.track('Placed Order', order)
  if (renewal) converge.track('Placed Recurring Subscription Order', renewal, { eventID: renewal.id })

  // Buttons that add by AJAX. The click says which product and how many, and WooCommerce's event says that it is in the cart.
  // Classic themes send a jQuery event that names the button. Blocks send a DOM event that names none. Both may come for one
  // product.
  const clicks = []
  document.addEventListener(
    'click',
    ({ target }) => {
      const button = target.closest('.ajax_add_to_cart[data-converge]')
      if (button) clicks.push({ button, quantity: button.dataset.quantity || 1 })
    },
    true,
  )
  function added(button) {
    const index = button ? clicks.findIndex((one) => one.button === button) : clicks.length - 1
    const [click] = index < 0 ? [] : clicks.splice(index, 1)
    if (!click) return
    converge.track('Added To Cart', { ...JSON.parse(click.button.dataset.converge), quantity: click.quantity })
  }
  document.body.addEventListener('wc-blocks_added_to_cart', () => added())
  window.jQuery?.(document.body).on('added_to_cart', (_event, _fragments, _hash, $button) => added($button?.[0]))

  // A product's own page submits a form.
  for (const form of document.querySelectorAll('form.cart')) {
    let found
    window.jQuery?.(form).on('found_variation', (_, variation) => {
      found = variation
    })
    form.addEventListener('submit', () => {
      // The form of an external product leads to another shop.
      if (form.getAttribute('method') === 'get') return
      for (const item of itemsOf(form, found)) converge.track('Added To Cart', item)
    })
  }

  /**
   * The items that a form adds. A grouped product's form has a `quantity[ID]` for each child, any other form has `quantity`.
   */
  function itemsOf(form, found) {
    const fields = new FormData(form)
    const quantities = [...fields].flatMap(([name, quantity]) => {
      const [, id] = /^quantity\[(\d+)\]$/.exec(name) ?? []
      return id ? { id, quantity } : []
    })
    if (quantities.length === 0) return [{ ...itemOf(form, fields, found), quantity: fields.get('quantity') ?? 1 }]
    return quantities
      .filter(({ quantity }) => quantity > 0)
      .map(({ id, quantity }) => ({ ...(children.find((child) => isId(child, id)) ?? { product_id: id }), quantity }))
  }

  const isId = ({ product_id, variant_id }, id) => String(variant_id ?? product_id) === id

  /** The product that a form without children adds, and the variation that is chosen in it. */
  function itemOf(form, fields, found) {
    const id = form.querySelector('[name="add-to-cart"]')?.value
    // A page builder may put another product's form into the page. Only its ID is known.
    const item = !id || id === String(product?.product_id) ? product : { product_id: id }
    // The form contains the chosen variation. A preselected one is chosen before this script listens.
    const chosen = fields.get('variation_id') ?? found?.variation_id
    if (!(chosen > 0)) return item
    const listed = JSON.parse(form.dataset.product_variations ?? 'false') || []
    const variation = [found, ...listed].find((one) => String(one?.variation_id) === String(chosen))
    return { ...item, variant_id: chosen, sku: variation?.sku, price: variation?.display_price }
  }
})()
