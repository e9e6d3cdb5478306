// Load this in theme.liquid, after the script tag. It adds the page's context to the order. Attributes whose name starts with
// two underscores are not shown in the cart.
const moments = ['Added To Cart', 'Viewed Cart', 'Started Checkout']

window.converge.on('event', ({ eventName }) => {
  if (!moments.includes(eventName)) return
  const attributes = { __converge: JSON.stringify(window.converge.context()) }
  fetch(`${window.Shopify.routes.root}cart/update.js`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ attributes }),
    keepalive: true, // "Buy it now" leaves the page at once.
  }).catch(() => {})
})
