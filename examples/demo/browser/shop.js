// The shop's own script: cart, banner, newsletter, and pages that change without a load. It calls Converge in each of these
// places.
const { converge } = window
const main = document.querySelector('main')
const banner = document.querySelector('[data-banner]')
const notice = document.querySelector('[data-notice]')

/* Consent: the banner keeps the answer in a cookie of its own, as consent platforms do */

function decide(marketing) {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers of 2025
  document.cookie = `shop_consent=${marketing};path=/;max-age=31536000;samesite=lax`
  converge.consent({ marketing, analytics: marketing })
  banner.hidden = true
}

const decided = /(?:^|; )shop_consent=(granted|denied)/.exec(document.cookie)?.[1]
if (decided) converge.consent({ marketing: decided, analytics: decided })

/* The cart */

async function changeCart(variant_id, by) {
  const response = await fetch('/cart', { method: 'POST', body: JSON.stringify({ variant_id, by }) })
  const { count, item } = await response.json()
  document.querySelector('[data-cart-count]').textContent = count
  return item
}

async function addToCart({ dataset }) {
  const item = await changeCart(dataset.add, 1)
  converge.track('Added To Cart', item)
  const link = Object.assign(document.createElement('a'), { href: '/cart', textContent: 'To the cart' })
  notice.replaceChildren(`${item.name}, ${item.variant_name}, is in the cart. `, link)
}

async function step({ dataset }) {
  await changeCart(dataset.of, Number(dataset.step))
  await swap(location.href)
}

/* A product's variants: another address, not another page */

function chooseVariant(link) {
  const product = link.closest('[data-product]')
  const { variant, color, cost, article } = link.dataset
  history.replaceState(null, '', link.href)
  for (const one of product.querySelectorAll('[data-variant]')) one.removeAttribute('aria-current')
  link.setAttribute('aria-current', 'true')
  product.querySelector('.picture').style.color = color
  product.querySelector('[data-price]').textContent = cost
  product.querySelector('[data-sku]').textContent = article
  product.querySelector('[data-add]').dataset.add = variant
}

/* A collection's filters: another page, without loading one */

async function swap(url) {
  const text = await (await fetch(url)).text()
  const page = new DOMParser().parseFromString(text, 'text/html')
  document.title = page.title
  main.replaceChildren(...page.querySelector('main').children)
  for (const inert of main.querySelectorAll('script:not([type])')) {
    inert.replaceWith(Object.assign(document.createElement('script'), { textContent: inert.textContent }))
  }
}

async function follow(link) {
  history.pushState(null, '', link.href)
  await swap(link.href)
  main.querySelector('[aria-current]')?.focus()
}

addEventListener('popstate', () => swap(location.href))

/* Who asks for what */

const clicks = {
  '[data-decide]': ({ dataset }) => decide(dataset.decide),
  '[data-banner-again]': () => {
    banner.hidden = false
    banner.querySelector('button').focus()
  },
  '[data-add]': addToCart,
  '[data-step]': step,
  'a[data-variant]': chooseVariant,
  'a[data-swap]': follow,
}

document.addEventListener('click', (event) => {
  for (const [selector, act] of Object.entries(clicks)) {
    const found = event.target.closest(selector)
    if (!found || event.ctrlKey || event.metaKey || event.shiftKey) continue
    event.preventDefault()
    act(found)
  }
})

document.addEventListener('submit', (event) => {
  const { email, phone, first_name, last_name } = event.target.elements
  if (event.target.matches('[data-newsletter]')) {
    event.preventDefault()
    converge.track('Subscribed To Newsletter', {}, { profileProperties: { $email: email.value } })
    notice.textContent = 'Thank you. The next newsletter comes soon.'
    event.target.reset()
  } else if (event.target.matches('[data-checkout]')) {
    converge.set({
      profileProperties: {
        $email: email.value,
        $phone_number: phone.value,
        $first_name: first_name.value,
        $last_name: last_name.value,
      },
    })
    converge.track('Added Payment Info', JSON.parse(document.querySelector('[data-order]').textContent))
    event.target.querySelector('[data-pay]').disabled = true
  }
})
