// The shop's calls. What the page shows stands in it as JSON, printed by converge-tiktok.php.
;(() => {
  const { product, collection, searched, checkout, order } = JSON.parse(
    document.getElementById('converge-page').textContent,
  )

  converge.track('$page_load')
  if (product) converge.track('Viewed Product', product)
  if (collection) converge.track('Viewed Collection', collection)
  if (searched) converge.track('Searched', { query: searched })
  if (checkout) converge.track('Started Checkout', checkout)
  if (order) converge.track('Placed Order', order)

  // Buttons that add by AJAX: the click tells which product, and WooCommerce's event that it is in the cart. The classic theme's
  // comes by jQuery, the blocks' as a DOM event, and one may come as both.
  let clicked
  document.addEventListener(
    'click',
    ({ target }) => {
      clicked = target.closest('.add_to_cart_button[data-converge]') ?? clicked
    },
    true,
  )
  const added = () => {
    if (clicked) converge.track('Added To Cart', { ...JSON.parse(clicked.dataset.converge), quantity: 1 })
    clicked = undefined
  }
  document.body.addEventListener('wc-blocks_added_to_cart', added)
  window.jQuery?.(document.body).on('added_to_cart', added)

  // A product's own page sends a form.
  const form = document.querySelector('form.cart')
  let variation = {}
  window.jQuery?.(form).on('found_variation', (_, { variation_id, sku, display_price }) => {
    variation = { variant_id: variation_id, sku, price: display_price }
  })
  form?.addEventListener('submit', () => {
    const quantity = new FormData(form).get('quantity') ?? 1
    converge.track('Added To Cart', { ...product, ...variation, quantity })
  })
})()
