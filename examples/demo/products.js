// What the shop sells.

const products = {
  shirt: {
    product_id: '4101',
    name: 'Linen Shirt',
    vendor: 'Nordlicht',
    category: 'Shirts',
    variants: {
      'Sand / M': { variant_id: '410101', sku: 'LINEN-SAND-M', price: 59 },
      'Indigo / L': { variant_id: '410102', sku: 'LINEN-INDI-L', price: 64 },
    },
  },
  tote: {
    product_id: '4102',
    name: 'Canvas Tote',
    vendor: 'Nordlicht',
    category: 'Bags',
    variants: {
      Natural: { variant_id: '410201', sku: 'TOTE-NATURAL', price: 24 },
      Black: { variant_id: '410202', sku: 'TOTE-BLACK', price: 26 },
    },
  },
}

/** One variant of a product, as Converge's item. */
export function itemOf(product, variant_name, quantity = 1) {
  const { variants, product_id, name, vendor, category } = products[product]
  const { variant_id, sku, price } = variants[variant_name]
  return { product_id, variant_id, sku, name, variant_name, price, quantity, currency: 'EUR', vendor, category }
}
