// In theme.liquid, after the script tag: hands what the page knows to the order. A name with two underscores stays out of
// sight in the cart.
const moments = ['Added To Cart', 'Viewed Cart', 'Started Checkout']

window.converge.on('event', ({ eventName }) => {
  if (!moments.includes(eventName)) return
  const attributes = { __converge: JSON.stringify(window.converge.context()) }
  fetch(`${window.Shopify.routes.root}cart/update.js`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ attributes }),
    keepalive: true, // "buy it now" leaves the page at once
  }).catch(() => {})
})
