/** What a file may say about an order. */
export type OrderField = keyof typeof orderFields
/** What a file may say about an item of an order. */
export type ItemField = keyof typeof itemFields
export type Field = OrderField | ItemField

/** The names of `--map`, with what their columns contain. */
export const orderFields = {
  id: "the order's ID, as your shop sends it",
  time: 'when the order was placed',
  email: "the customer's email address",
  phone: "the customer's phone number, with + and its country code",
  customer: "the customer's ID",
  status: 'the status of the payment or the order',
  cancelled: 'when the order was canceled, or nothing',
  test: 'true for a test order',
  source_name: 'where the order comes from, such as web or pos',
  total: 'the price, with tax and shipping',
  currency: 'the currency, such as EUR',
  tax: 'the tax',
  shipping: 'the price of shipping',
  discount: 'the discount',
  coupon: 'the coupon',
  first_name: "the customer's first name",
  last_name: "the customer's last name",
  city: 'the city',
  state: 'the state',
  zip: 'the postcode',
  country: 'the code of the country, such as US',
  ip: "the customer's IP address",
  user_agent: "the customer's browser",
  notes: "the order's attributes, which may contain the page's context",
} as const

export const itemFields = {
  product: "the product's ID",
  variant: "the variant's ID",
  sku: 'the SKU',
  name: "the product's name",
  price: 'the price of one piece',
  quantity: 'how many pieces',
} as const

export const allFields: readonly Field[] = [...namesOf(orderFields), ...namesOf(itemFields)]

function namesOf<Name extends string>(record: Readonly<Record<Name, string>>): Name[] {
  const names: Name[] = []
  for (const name in record) names.push(name)
  return names
}

/** The columns that a field is read from: the first that is not empty. In JSON, a column is a path such as `customer.email`. */
export type Columns = Partial<Record<Field, readonly string[]>>

/** A known kind of file. */
export interface Format {
  name: string
  columns: Columns
  /** The columns by which a file of this kind is recognized. */
  marks: readonly string[]
}

const shopifyCsv: Format = {
  name: "Shopify's CSV",
  marks: ['Name', 'Financial Status', 'Created at'],
  columns: {
    id: ['Id'],
    time: ['Created at'],
    email: ['Email'],
    phone: ['Phone', 'Billing Phone', 'Shipping Phone'],
    status: ['Financial Status'],
    cancelled: ['Cancelled at'],
    source_name: ['Source'],
    total: ['Total'],
    currency: ['Currency'],
    tax: ['Taxes'],
    shipping: ['Shipping'],
    discount: ['Discount Amount'],
    coupon: ['Discount Code'],
    city: ['Billing City', 'Shipping City'],
    state: ['Billing Province', 'Shipping Province'],
    zip: ['Billing Zip', 'Shipping Zip'],
    country: ['Billing Country', 'Shipping Country'],
    notes: ['Note Attributes'],
    sku: ['Lineitem sku'],
    name: ['Lineitem name'],
    price: ['Lineitem price'],
    quantity: ['Lineitem quantity'],
  },
}

/** The answer of a bulk operation: https://shopify.dev/docs/api/usage/bulk-operations/queries */
const shopifyJson: Format = {
  name: "Shopify's bulk JSONL",
  marks: ['id', 'createdAt'],
  columns: {
    id: ['id'],
    time: ['processedAt', 'createdAt'],
    email: ['email', 'customer.defaultEmailAddress.emailAddress', 'customer.email'],
    phone: ['phone', 'customer.defaultPhoneNumber.phoneNumber', 'customer.phone', 'billingAddress.phone'],
    customer: ['customer.id'],
    status: ['displayFinancialStatus'],
    cancelled: ['cancelledAt'],
    test: ['test'],
    source_name: ['sourceName'],
    total: ['currentTotalPriceSet.presentmentMoney.amount', 'totalPriceSet.presentmentMoney.amount'],
    currency: [
      'currentTotalPriceSet.presentmentMoney.currencyCode',
      'totalPriceSet.presentmentMoney.currencyCode',
      'presentmentCurrencyCode',
    ],
    tax: ['currentTotalTaxSet.presentmentMoney.amount', 'totalTaxSet.presentmentMoney.amount'],
    shipping: ['totalShippingPriceSet.presentmentMoney.amount'],
    discount: ['currentTotalDiscountsSet.presentmentMoney.amount', 'totalDiscountsSet.presentmentMoney.amount'],
    coupon: ['discountCode'],
    first_name: ['billingAddress.firstName', 'customer.firstName'],
    last_name: ['billingAddress.lastName', 'customer.lastName'],
    city: ['billingAddress.city'],
    state: ['billingAddress.provinceCode'],
    zip: ['billingAddress.zip'],
    country: ['billingAddress.countryCodeV2'],
    ip: ['clientIp'],
    notes: ['customAttributes'],
    product: ['product.id'],
    variant: ['variant.id'],
    sku: ['sku'],
    name: ['title', 'name'],
    price: ['originalUnitPriceSet.presentmentMoney.amount'],
    quantity: ['currentQuantity', 'quantity'],
  },
}

/** The columns that exports for WooCommerce share. WooCommerce itself exports no orders. */
const woocommerce: Columns = {
  id: ['order_id'],
  email: ['billing_email', 'customer_email'],
  phone: ['billing_phone'],
  customer: ['customer_id', 'customer_user'],
  status: ['status', 'order_status'],
  total: ['order_total'],
  currency: ['order_currency'],
  tax: ['tax_total'],
  shipping: ['shipping_total'],
  discount: ['discount_total'],
  first_name: ['billing_first_name'],
  last_name: ['billing_last_name'],
  city: ['billing_city'],
  state: ['billing_state'],
  zip: ['billing_postcode'],
  country: ['billing_country'],
  ip: ['customer_ip_address'],
  user_agent: ['customer_user_agent'],
  product: ['item_product_id'],
  sku: ['item_sku'],
  name: ['item_name'],
  quantity: ['item_quantity'],
}

/** https://woocommerce.com/document/ordercustomer-csv-export/ */
const customerOrderExport: Format = {
  name: 'the CSV of WooCommerce Customer/Order/Coupon Export',
  marks: ['order_id', 'date', 'billing_email'],
  columns: { ...woocommerce, time: ['date'] },
}

/** https://woocommerce.com/document/import-and-export-of-woocommerce-orders/ */
const importExportSuite: Format = {
  name: 'the CSV of Import Export Suite for WooCommerce',
  marks: ['order_id', 'order_date', 'billing_email'],
  columns: { ...woocommerce, time: ['order_date'] },
}

/** https://wordpress.org/plugins/woo-order-export-lite/ */
const advancedOrderExport: Format = {
  name: 'the CSV of Advanced Order Export for WooCommerce',
  marks: ['Order Number', 'Order Date', 'Email (Billing)'],
  columns: {
    id: ['Order ID', 'Order Number'],
    time: ['Order Date'],
    email: ['Email (Billing)'],
    phone: ['Phone (Billing)'],
    customer: ['Customer ID', 'Customer User ID'],
    status: ['Order Status'],
    total: ['Order Total Amount'],
    currency: ['Order Currency'],
    tax: ['Order Total Tax Amount'],
    shipping: ['Order Shipping Amount'],
    discount: ['Cart Discount Amount'],
    first_name: ['First Name (Billing)'],
    last_name: ['Last Name (Billing)'],
    city: ['City (Billing)'],
    state: ['State Code (Billing)'],
    zip: ['Postcode (Billing)'],
    country: ['Country Code (Billing)'],
    sku: ['SKU'],
    name: ['Item Name'],
    price: ['Item Cost'],
    quantity: ['Quantity (- Refund)', 'Quantity'],
  },
}

export const csvFormats: readonly Format[] = [shopifyCsv, customerOrderExport, importExportSuite, advancedOrderExport]
export const jsonFormats: readonly Format[] = [shopifyJson]
