// Joins the page's buttons and switches, Converge, and the hits that come back.
import { calls } from './calls.js'
import { createCart } from './cart.js'
import { createLog } from './log.js'
import { itemOf } from './products.js'
import { pixelWords } from './words.js'

const { converge } = window
const { pixelId } = document.querySelector('[data-pixel-id]').dataset
const seesHits = document.documentElement.dataset.tiktok === 'stand-in'
const byId = (id) => document.getElementById(id)

const cart = createCart()
const log = createLog({ list: byId('log'), latest: byId('latest'), findCall, seesHits })

/* Calls: events come in the order of the calls, and the first one is the head's own. */

const made = [{ parameters: ['$page_load'], at: 0 }]

function track(parameters) {
  made.push({ parameters, at: performance.now() })
  converge.track(...parameters)
}

/** How an event reached `ttq`: it waits in the queue, or the pixel has taken it already. */
function findCall({ event, event_id, parameters }) {
  const isIt = ([method, name, , options]) => method === 'track' && name === event && options?.event_id === event_id
  const queued = Array.from(window.ttq ?? []).find(isIt)
  if (queued) return { how: 'into its queue', callee: 'ttq.track', parameters: queued.slice(1) }
  return { how: 'live', callee: `ttq.instance('${pixelId}')\n  .track`, parameters: [event, parameters, { event_id }] }
}

/* The shop */

const euros = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

const chosenItem = (product) => itemOf(product.dataset.product, product.querySelector(':checked').value)

function showPrice(product) {
  product.querySelector('.price').textContent = euros.format(chosenItem(product).price)
}

function showCart() {
  const { items, total_price, total_shipping } = cart.totals()
  const lines = items.map(({ quantity, name, variant_name }) => `${quantity} × ${name}, ${variant_name}`)
  byId('cart-lines').replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement('li'), { textContent: line })),
  )
  byId('cart-total').textContent = `${euros.format(total_price)} ${total_shipping ? 'with shipping' : 'free shipping'}`
}

function press({ target }) {
  const button = target.closest('[data-call]')
  if (!button) return
  const product = button.closest('[data-product]')
  const item = product && chosenItem(product)
  const { call } = button.dataset
  if (call === 'addToCart') cart.add(item)
  track(calls[call]({ item, totals: cart.totals() }))
  if (call === 'order' || call === 'firstOrder') cart.empty()
  showCart()
}

for (const product of document.querySelectorAll('[data-product]')) {
  product.addEventListener('change', () => showPrice(product))
  showPrice(product)
}
document.addEventListener('click', press)
showCart()

/* The switches */

for (const link of document.querySelectorAll('#switches a')) {
  const query = new URLSearchParams(location.search)
  const [[name, value]] = new URLSearchParams(link.search)
  const isFirst = link.parentElement.querySelector('a') === link
  if (query.has(name) ? query.get(name) === value : isFirst) link.setAttribute('aria-current', 'true')
  query.set(name, value)
  link.search = query
}

const setUp = [...document.head.querySelectorAll('script:not([type])')].map(({ outerHTML }) => outerHTML)
byId('head').textContent = setUp
  .join('\n')
  .replace(/^ {4}/gm, '')
  .replace(/\?events=\w+/, '')
  .replace('async=""', 'async')

/* What Converge and TikTok say */

converge.on('event', (result) => log.add(made.shift(), result))
converge.on('state', (state) => {
  byId('pixel').dataset.pixel = state.pixel
  byId('pixel-status').textContent = state.pixel
  byId('pixel-words').textContent = pixelWords(state)
  log.watchPixel(state)
})

if (seesHits) {
  new EventSource('/hits').addEventListener('message', ({ data }) => {
    const { headers, context, ...hit } = JSON.parse(data)
    const { document, index, ...sent } = context // the stand-in's own
    log.arrive({ ...hit, context: sent })
  })
}
