import fc from 'fast-check'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

// Values that shops pass, valid and invalid.

const number = fc.oneof(fc.integer(), fc.double(), fc.constant(1e308), fc.constantFrom(Number.NaN, Infinity, -0))
const id = fc.oneof(
  fc.string(),
  number,
  fc.constantFrom(null, '', '  ', '0', 'gid://shopify/Product/44', 'gid://shopify/Product/', 'gid:/ /'),
)
const amount = fc.oneof(
  number,
  number.map(String),
  fc.constantFrom(null, '', ' 10.50 ', '1,299', '1.234,50 €', '-12,50', 10 / 3, '1e5', '0x10', 'free'),
)
const currency = fc.oneof(fc.constantFrom('USD', 'eur', ' Gbp ', '', null, 'dollars', 'usß'), fc.string())

/** Any known properties, each with a valid or any other value. */
function messy(known: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  const one = (value: fc.Arbitrary<unknown>) => fc.oneof({ weight: 5, arbitrary: value }, fc.anything())
  const properties = Object.fromEntries(Object.entries(known).map(([name, value]) => [name, one(value)]))
  return fc.record(properties, { requiredKeys: [] })
}

const itemProperties = {
  product_id: id,
  variant_id: id,
  sku: id,
  name: fc.string(),
  vendor: fc.string(),
  category: fc.string(),
  price: amount,
  quantity: amount,
  currency,
}

const item = fc.oneof({ weight: 5, arbitrary: messy({ ...itemProperties, $email: fc.emailAddress() }) }, fc.anything())

export const properties: fc.Arbitrary<Record<string, unknown>> = messy({
  ...itemProperties,
  id,
  total_price: amount,
  total_tax: amount,
  total_shipping: amount,
  items: fc.array(item),
  query: fc.string(),
  q: fc.string(),
  $is_new_customer: fc.constantFrom(true, 'true', false, 1),
  $email: fc.emailAddress(),
  content_id: fc.string(),
  contents: fc.array(fc.anything()),
})

export const config: fc.Arbitrary<Config> = fc.record(
  {
    pixelId: fc.constant(pixelId),
    contentId: fc.constantFrom('default', 'product_id', 'variant_id', 'sku'),
    contentType: fc.constantFrom('product', 'product_group'),
    value: fc.constantFrom('gross', 'net'),
  },
  { requiredKeys: ['pixelId'] },
)

/** Any value, except cycles, proxies and the like, which test/unit/hostile.test.ts covers. */
export const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withTypedArray: true,
})
