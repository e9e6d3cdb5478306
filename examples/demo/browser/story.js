// Plays a story: a visitor goes through the shop in the frame, and the counters tell what TikTok got of it.
import { forget, post, setConsent, trackingCookies } from './visitor.js'
import { watch } from './watch.js'

const phone = document.querySelector('[data-phone]')
const frame = phone.querySelector('iframe')
const outcome = document.querySelector('[data-outcome]')
const reloads = 5

let news = { rows: [] }
let heard = () => {}
watch((latest) => {
  news = latest
  heard()
})

/** Resolves once what has come satisfies, or after 8 s: then the counters say what is missing. */
function until(isEnough) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 8000)
    heard = () => {
      if (!isEnough(news)) return
      clearTimeout(timer)
      heard = () => {}
      resolve()
    }
    heard()
  })
}

// Long enough to be seen.
const pause = () => new Promise((resolve) => setTimeout(resolve, 400))

/** Resolves once the frame has loaded what `go` leads to. */
function loaded(go) {
  return new Promise((resolve) => {
    frame.addEventListener('load', resolve, { once: true })
    go()
  })
}

/** Resolves once it is known whether the pixel is there: a visitor looks at a page for longer than that takes. */
function settled() {
  return new Promise((resolve) => {
    setTimeout(resolve, 5000)
    frame.contentWindow.converge.on('state', ({ pixel }) => (pixel === 'live' || pixel === 'blocked') && resolve())
  })
}

const find = (selector) => frame.contentDocument.querySelector(selector)

async function visit(path) {
  await loaded(() => {
    frame.src = path
  })
  await pause()
}

async function buy(look) {
  await visit('/products/linen-shirt')
  await look()
  find('[data-add]').click()
  while (find('[data-cart-count]').textContent === '0') await pause()
  await visit('/checkout')
  await look()
  await loaded(() => find('[data-pay]').click())
  await pause()
}

async function begin(setting, answer) {
  phone.hidden = false
  await loaded(() => {
    frame.src = 'about:blank'
  })
  forget()
  if (answer) setConsent(answer)
  await post('/demo/start-over')
  await post('/demo/switches', { contentId: 'default', filter: 'none', pixel: 'loads', tiktok: 'up', ...setting })
}

const purchases = ({ rows }) => rows.filter(({ event }) => event === 'Purchase')
const nothing = async () => {}

const stories = {
  async blocked() {
    await begin({ pixel: 'blocked' }, 'granted')
    await buy(settled)
    await until((news) => purchases(news).some(({ api }) => api))
    return `TikTok’s script never came: ${news.hits} pixel hits. The forwarder sent ${news.copies} server copies, the Purchase among them.`
  },
  async reload() {
    await begin({}, 'granted')
    await buy(settled)
    await settled()
    await until((news) => purchases(news).some(({ kind }) => kind === 'merged'))
    for (let count = 1; count <= reloads; count++) {
      await loaded(() => frame.contentWindow.location.reload())
      await until((news) => purchases(news).some(({ repeats }) => repeats >= count))
      outcome.textContent = `Reloaded ${count} of ${reloads} times …`
    }
    return `The thank-you page was seen ${reloads + 1} times, and TikTok counts ${purchases(news).length} Purchase.`
  },
  async reject() {
    await begin({}, '')
    await visit('/')
    find('[data-decide=denied]').click()
    await buy(nothing)
    await until(({ rows }) => rows.some(({ eventName }) => eventName === 'Placed Order'))
    return `The visitor said no and bought all the same: ${news.requests} requests, ${trackingCookies().length} cookies.`
  },
}

document.addEventListener('click', async ({ target }) => {
  const button = target.closest('[data-story]')
  if (!button) return
  const buttons = [...document.querySelectorAll('[data-story]')]
  for (const each of buttons) each.disabled = true
  button.setAttribute('aria-busy', 'true')
  outcome.dataset.story = 'plays'
  outcome.textContent = 'It plays in the shop beside the events …'
  try {
    outcome.textContent = await stories[button.dataset.story]()
    outcome.dataset.story = button.dataset.story
  } catch (error) {
    outcome.textContent = `The story broke off: ${error}`
    outcome.dataset.story = 'broken'
  }
  button.removeAttribute('aria-busy')
  for (const each of buttons) each.disabled = false
})
