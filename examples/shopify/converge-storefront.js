// The storefront's calls: assets/converge-storefront.js. converge-tiktok.liquid prints the data of the page.
;(() => {
  const { template, currency, customer, product, variant, collection, searched } = JSON.parse(
    document.getElementById('converge-page').textContent,
  )

  /** Liquid's prices are in hundredths, whatever the currency. */
  function toItem(id) {
    const { variants = [], ...rest } = product ?? {}
    const chosen = variants.find((one) => one.id === Number(id))
    if (!chosen) return { variant_id: id } // Another product. Its form contains no other data.
    return {
      product_id: rest.id,
      variant_id: chosen.id,
      sku: chosen.sku,
      name: rest.title,
      variant_name: chosen.title,
      vendor: rest.vendor,
      category: rest.type,
      price: chosen.price / 100,
      currency,
    }
  }

  if (customer) converge.set({ profileProperties: { $customer_id: customer } })

  converge.track('$page_load')
  if (template === 'product') converge.track('Viewed Product', toItem(variant))
  if (template === 'collection') converge.track('Viewed Collection', collection)
  if (template === 'search' && searched) converge.track('Searched', { query: searched })

  // Themes that add by AJAX also submit the form, and then cancel it.
  document.addEventListener(
    'submit',
    ({ target }) => {
      if (!/\/cart\/add/.test(target.getAttribute('action'))) return
      const form = new FormData(target)
      converge.track('Added To Cart', { ...toItem(form.get('id')), quantity: form.get('quantity') ?? 1 })
    },
    true,
  )
})()
