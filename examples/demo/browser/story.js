// Plays a story: a visitor shops in the frame, and the counters show what TikTok received.
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

/** Resolves once `isEnough` accepts the news, or after 8 s. The counters then show what is missing. */
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

// Long enough for people to see.
const pause = () => new Promise((resolve) => setTimeout(resolve, 400))

/** Calls `go`, and resolves once the frame has loaded. */
function loaded(go) {
  return new Promise((resolve) => {
    frame.addEventListener('load', resolve, { once: true })
    go()
  })
}

/** Resolves once the pixel is live or blocked. Real visitors stay on a page for longer than that. */
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
    return `TikTok’s script never loaded: ${news.hits} pixel hits. The forwarder sent ${news.copies} server copies, including the Purchase.`
  },
  async reload() {
    await begin({}, 'granted')
    await buy(settled)
    await settled()
    await until((news) => purchases(news).some(({ kind }) => kind === 'counted once'))
    for (let count = 1; count <= reloads; count++) {
      await loaded(() => frame.contentWindow.location.reload())
      await until((news) => purchases(news).some(({ repeats }) => repeats >= count))
      outcome.textContent = `Reloaded ${count} of ${reloads} times …`
    }
    return `The thank-you page was opened ${reloads + 1} times. TikTok counts ${purchases(news).length} Purchase.`
  },
  async reject() {
    await begin({}, '')
    await visit('/')
    find('[data-decide=denied]').click()
    await buy(nothing)
    await until(({ rows }) => rows.some(({ eventName }) => eventName === 'Placed Order'))
    return `The visitor denied consent and bought anyway: ${news.requests} requests, ${trackingCookies().length} cookies.`
  },
}

document.addEventListener('click', async ({ target }) => {
  const button = target.closest('[data-story]')
  if (!button) return
  const buttons = [...document.querySelectorAll('[data-story]')]
  for (const each of buttons) each.disabled = true
  button.setAttribute('aria-busy', 'true')
  outcome.dataset.story = 'plays'
  outcome.textContent = 'Playing in the shop beside the events …'
  try {
    outcome.textContent = await stories[button.dataset.story]()
    outcome.dataset.story = button.dataset.story
  } catch (error) {
    outcome.textContent = `The story stopped: ${error}`
    outcome.dataset.story = 'broken'
  }
  button.removeAttribute('aria-busy')
  for (const each of buttons) each.disabled = false
})
