// The checkout: Settings › Customer events › Add custom pixel. It runs in a sandbox with empty storage and cookies, so it reads
// the visitor from the shop's page. The theme (converge-tiktok.liquid) tracks the storefront, so this only handles the events
// of the checkout. TikTok's pixel does not work in a sandbox, so the forwarder sends these events.
//
// The forwarder provides the config, with the pixel ID. Its allowedOrigins must contain "null", the origin of a sandbox.
const forwarder = 'https://converge.shop.example'

// Queues calls until the file has loaded.
const q = []
const later =
  (name) =>
  (...rest) =>
    void q.push([name, ...rest])
window.converge = { q, init: later('init'), track: later('track'), consent: later('consent') }

analytics.subscribe('checkout_started', ({ data }) => converge.track('Started Checkout', toCheckout(data.checkout)))
analytics.subscribe('payment_info_submitted', ({ data }) =>
  converge.track('Added Payment Info', toCheckout(data.checkout)),
)
analytics.subscribe('checkout_completed', ({ id, data: { checkout } }) => {
  converge.track('Placed Order', {
    ...toCheckout(checkout),
    // This is also the webhook's ID, so that TikTok counts the order once. Shopify's types allow a checkout without an order.
    id: checkout.order?.id ?? id,
    $is_new_customer: checkout.order?.customer?.isFirstOrder,
  })
})

// In a region that asks first, this is also "not allowed" before the visitor has decided. Then nothing is loaded, and tracked
// events wait.
let isStarted = false
if (isAllowed(init.customerPrivacy)) decide('granted')
api.customerPrivacy.subscribe('visitorConsentCollected', ({ customerPrivacy }) => {
  decide(isAllowed(customerPrivacy) ? 'granted' : 'denied')
})

function decide(decision) {
  converge.consent({ analytics: decision, marketing: decision })
  if (decision === 'granted' && !isStarted) start()
}

async function start() {
  isStarted = true
  const [ttclid, ttp, stored, kept] = await Promise.all([
    browser.cookie.get('converge.ttclid'),
    browser.cookie.get('_ttp'),
    browser.localStorage.getItem('converge.visitor'),
    browser.cookie.get('converge.visitor'),
  ]).catch(() => [])
  const { document: page, navigator } = init.context
  converge.init({
    load: 'immediate',
    pageLoads: 'manual',
    context: {
      url: page.location.href,
      referrer: page.referrer,
      userAgent: navigator.userAgent,
      ttclid: ttclid || undefined,
      ttp: ttp || undefined,
      // The forwarder's cookie lasts longer than the page's storage. Its value ends with a time.
      visitor: stored ? JSON.parse(stored).id : kept?.slice(0, 64) || undefined,
    },
  })
  document.head.append(Object.assign(document.createElement('script'), { src: `${forwarder}/converge.js` }))
}

function isAllowed({ marketingAllowed, saleOfDataAllowed }) {
  return marketingAllowed && saleOfDataAllowed
}

function toCheckout(checkout) {
  const address = checkout.shippingAddress ?? checkout.billingAddress
  return {
    total_price: checkout.totalPrice?.amount,
    total_tax: checkout.totalTax.amount,
    total_shipping: checkout.shippingLine?.price.amount,
    total_discount: checkout.discountsAmount?.amount,
    currency: checkout.currencyCode,
    items: checkout.lineItems.map(({ title, quantity, variant }) => ({
      product_id: variant?.product.id,
      variant_id: variant?.id,
      sku: variant?.sku,
      name: title,
      variant_name: variant?.title,
      vendor: variant?.product.vendor,
      category: variant?.product.type,
      price: variant?.price.amount,
      quantity,
    })),
    $email: checkout.email,
    $phone_number: checkout.phone ?? address?.phone,
    $first_name: address?.firstName,
    $last_name: address?.lastName,
    $city: address?.city,
    $state: address?.provinceCode,
    $zip_code: address?.zip,
    $country_code: address?.countryCode,
  }
}
