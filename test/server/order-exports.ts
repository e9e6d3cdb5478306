// Files with orders, as Shopify and the usual extensions of WooCommerce export them, with personal details made up.

export interface ExportedOrder {
  id: string
  /** Such as #1001. Default: the ID with #. */
  name?: string
  /** Milliseconds since 1970. */
  time: number
  email?: string
  phone?: string
  customer?: string
  /** Default: paid, or processing. */
  status?: string
  cancelled?: string
  source?: string
  total?: string
  notes?: string
  items?: { sku: string; name: string; price: string; quantity: number }[]
}

/** A cell of a CSV file. */
const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

const toCsv = (columns: readonly string[], rows: readonly Record<string, string>[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => cell(row[column] ?? '')))]
    .map((cells) => `${cells.join(',')}\n`)
    .join('')

const shopifyColumns =
  'Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Phone,Receipt Number,Duties,Payment ID,Payment References'.split(
    ',',
  )

const item = { sku: 'CAP-1', name: 'Cap, "blue"', price: '47.40', quantity: 2 }

/** Shopify's time, in the shop's zone. */
const shopifyTime = (time: number): string =>
  `${new Date(time + 7_200_000).toISOString().slice(0, 19).replace('T', ' ')} +0200`

/** The rows after an order's first have its name and email, and an item. */
export function shopifyCsv(orders: readonly ExportedOrder[]): string {
  const rows = orders.flatMap((order) => {
    const { id, name = `#${id}`, time, email = '', phone = '', status = 'paid', items = [item, item] } = order
    return items.map(({ sku, name: product, price, quantity }, index) => ({
      Name: name,
      Email: email,
      'Lineitem quantity': String(quantity),
      'Lineitem name': product,
      'Lineitem price': price,
      'Lineitem sku': sku,
      Vendor: 'Caps',
      ...(index === 0 && {
        'Financial Status': status,
        'Created at': shopifyTime(time),
        'Paid at': shopifyTime(time),
        Currency: 'EUR',
        Total: order.total ?? '94.80',
        Taxes: '15.14',
        Shipping: '4.90',
        'Billing Name': 'Jane Doe',
        'Billing Street': '12 Main St,\nFloor 2',
        'Billing Zip': "'10001",
        'Billing Country': 'US',
        'Billing Phone': phone && `'${phone}`,
        'Note Attributes': order.notes ?? '',
        'Cancelled at': order.cancelled ?? '',
        Source: order.source ?? 'web',
        Id: id,
      }),
    }))
  })
  return toCsv(shopifyColumns, rows)
}

/** The answer of a bulk operation: an order, then its items. */
export function shopifyJsonl(orders: readonly ExportedOrder[]): string {
  return orders
    .flatMap((order) => {
      const { id, name = `#${id}`, time, email, phone, customer, status = 'PAID', items = [item] } = order
      const gid = `gid://shopify/Order/${id}`
      const money = (amount: string) => ({ presentmentMoney: { amount, currencyCode: 'EUR' } })
      return [
        {
          id: gid,
          name,
          createdAt: new Date(time).toISOString(),
          processedAt: new Date(time).toISOString(),
          email: email ?? null,
          phone: phone ?? null,
          customer: customer ? { id: `gid://shopify/Customer/${customer}` } : null,
          displayFinancialStatus: status.toUpperCase(),
          cancelledAt: order.cancelled ?? null,
          sourceName: order.source ?? 'web',
          totalPriceSet: money(order.total ?? '94.80'),
        },
        ...items.map(({ sku, name: title, price, quantity }, index) => ({
          id: `gid://shopify/LineItem/${id}${index}`,
          title,
          sku,
          quantity,
          originalUnitPriceSet: money(price),
          product: { id: 'gid://shopify/Product/9010' },
          variant: { id: 'gid://shopify/ProductVariant/42' },
          __parentId: gid,
        })),
      ]
    })
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
}

const woocommerceColumns =
  'order_id,order_number,order_number_formatted,date,status,shipping_total,shipping_tax_total,fee_total,fee_tax_total,tax_total,discount_total,order_total,refunded_total,order_currency,payment_method,shipping_method,customer_id,billing_first_name,billing_last_name,billing_full_name,billing_company,billing_email,billing_phone,billing_address_1,billing_address_2,billing_postcode,billing_city,billing_state,billing_country,shipping_first_name,shipping_last_name,shipping_postcode,customer_note,item_id,item_product_id,item_name,item_sku,item_quantity'.split(
    ',',
  )

/** The CSV of WooCommerce Customer/Order/Coupon Export, with a row for each item. Its times name no zone: here it is UTC. */
export function woocommerceCsv(orders: readonly ExportedOrder[]): string {
  const rows = orders.flatMap(
    ({ id, time, email = '', phone = '', customer = '0', status = 'processing', total, items = [item, item] }) =>
      items.map(({ sku, name, quantity }) => ({
        order_id: id,
        order_number: id,
        date: new Date(time).toISOString().slice(0, 19).replace('T', ' '),
        status,
        order_total: total ?? '94.80',
        order_currency: 'EUR',
        customer_id: customer,
        billing_first_name: 'Jane',
        billing_last_name: 'Doe',
        billing_email: email,
        billing_phone: phone,
        billing_country: 'US',
        item_product_id: '9010',
        item_name: name,
        item_sku: sku,
        item_quantity: String(quantity),
      })),
  )
  return toCsv(woocommerceColumns, rows)
}
