// The demo's bar. Its switches apply from the next page load, so a change reloads the shop's page.
import { consent, forget, post, setConsent, trackingCookies } from './visitor.js'
import { watch } from './watch.js'

const bar = document.querySelector('[data-controls]')
const isShop = Boolean(window.converge)

function again() {
  if (isShop) location.reload()
  else showConsent()
}

function showConsent() {
  for (const button of bar.querySelectorAll('[data-consent]'))
    button.setAttribute('aria-pressed', String(button.dataset.consent === consent()))
}

async function startOver() {
  forget()
  await post('/demo/start-over')
  if (isShop) location.assign('/')
  else showConsent()
}

async function answer({ dataset }) {
  if (!dataset.consent) forget() // "undecided" is only possible for a new visitor
  setConsent(dataset.consent)
  again()
}

async function turn({ dataset }) {
  await post('/demo/switches', { [dataset.switch]: dataset.value })
  again()
}

bar.addEventListener('click', ({ target }) => {
  const button = target.closest('button')
  if (button?.dataset.switch) turn(button)
  else if (button?.dataset.consent !== undefined) answer(button)
  else if (button) startOver()
})

// Keep the bar open or closed after a reload.
const details = bar.querySelector('details')
details.open = sessionStorage.getItem('demo-controls') === 'open'
details.addEventListener('toggle', () => sessionStorage.setItem('demo-controls', details.open ? 'open' : ''))

watch(({ setting, ...news }) => {
  showConsent()
  const counters = { ...news, cookies: trackingCookies().length }
  for (const element of document.querySelectorAll('[data-counter]'))
    element.textContent = counters[element.dataset.counter]
  for (const button of bar.querySelectorAll('[data-switch]'))
    button.setAttribute('aria-pressed', String(setting[button.dataset.switch] === button.dataset.value))
})
