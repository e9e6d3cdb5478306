// The list of events, both copies of each.
import { showCode, valueCode } from './code.js'
import { watch } from './watch.js'

const list = document.getElementById('events')
const isReal = document.body.dataset.real === 'true'
const elements = new Map()

const part = (element, name) => element.querySelector(`[data-part=${name}]`)

function show(row) {
  const key = `${row.event} ${row.event_id}`
  const element = elements.get(key) ?? document.getElementById('event').content.firstElementChild.cloneNode(true)
  elements.set(key, element)
  const text = JSON.stringify(row)
  if (element.shown === text) return element
  element.shown = text
  const { event, event_id, eventName = '', kind, why, repeats, hit, api, origin } = row
  element.dataset.kind = kind
  element.dataset.event = event
  const isSent = kind !== 'not sent'
  part(element, 'from').textContent = eventName
  part(element, 'event').textContent = isSent ? event : ''
  element.querySelector('.arrow').hidden = !isSent
  part(element, 'kind').textContent = kind
  part(element, 'id').textContent = event_id
  part(element, 'why').textContent = repeats
    ? `${why} Tracked ${repeats + 1} times, sent once: the order was sent before.`
    : why
  part(element, 'origin').textContent = origin
  part(element, 'merged').hidden = !origin.startsWith('merged')
  showCopy(part(element, 'hit'), hit, isReal ? 'This page cannot see whether it went to TikTok.' : 'None.')
  showCopy(part(element, 'api'), api, 'None.')
  return element
}

function showCopy(element, copy, otherwise) {
  if (copy) showCode(element, valueCode(copy))
  else element.textContent = otherwise
}

watch(({ rows, log }) => {
  const wanted = rows.map(show)
  // Do not move elements that stay: one may have the focus.
  for (const [key, element] of elements) {
    if (wanted.includes(element)) continue
    element.remove()
    elements.delete(key)
  }
  for (const [index, element] of wanted.entries())
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null)
  document.querySelector('[data-empty]').hidden = rows.length > 0
  const said = document.querySelector('[data-said]')
  said.hidden = !log.length
  said.querySelector('ul').replaceChildren(
    ...log.map(({ level, sentence }) => {
      const line = Object.assign(document.createElement('li'), { textContent: sentence })
      line.dataset.level = level
      return line
    }),
  )
})
