// The list of calls: for each the call itself, what `ttq` was given, and the hit that left.
import { callCode, showCode, valueCode } from './code.js'
import { reasonWords } from './words.js'

/**
 * `findCall` tells how a TikTok event reached `ttq`. Where `seesHits` is false, hits go to TikTok, and nobody here sees
 * them.
 */
export function createLog({ list, latest, findCall, seesHits }) {
  /** By TikTok event and event_id: what to do when the hit is here, or will not come. */
  const awaited = new Map()
  let pixel = 'waiting'

  function add({ parameters, at }, result) {
    const row = clone('row')
    const names = result.destinationEvents.map(({ event }) => event)
    const title = names.length ? `${result.eventName} → ${names.join(' + ')}` : result.eventName
    row.dataset.status = result.status
    part(row, 'from').textContent = result.eventName
    part(row, 'to').textContent = names.join(' + ')
    part(row, 'arrow').hidden = !names.length
    part(row, 'status').textContent = result.status
    showCode(part(row, 'call'), callCode('converge.track', parameters))
    part(row, 'sent').append(...result.destinationEvents.map((sent) => addSent(row, sent, { at, title, result })))
    part(row, 'nothing').hidden = names.length > 0
    part(row, 'reason').textContent = sentence(reasonWords(result))
    list.querySelector('details[open]')?.removeAttribute('open')
    list.prepend(row)
    latest.textContent = `${title}, ${names.length ? result.status : reasonWords(result)}`
  }

  /** What became of one TikTok event, to be completed when its hit is known. */
  function addSent(row, destinationEvent, { at, title, result }) {
    const sent = clone('sent')
    const { how, callee, parameters } = findCall(destinationEvent)
    part(sent, 'how').textContent = how
    showCode(part(sent, 'ttq'), callCode(callee, parameters))
    const hit = part(sent, 'hit')
    const say = (text, settled) => {
      part(sent, 'arrival').textContent = text
      part(row, 'outcome').textContent = text
      if (settled) awaited.delete(keyOf(destinationEvent))
    }

    const follow = {
      arrive(body) {
        const text = `arrived after ${Math.max(1, Math.round(performance.now() - at))} ms`
        say(text, true)
        row.dataset.hit = 'arrived'
        showCode(hit, `POST /api/v2/pixel\n\n${valueCode(body)}`)
        latest.textContent = `${title}, ${text}`
      },
      watchPixel() {
        if (pixel === 'blocked') {
          say('never left', true)
          row.dataset.hit = 'none'
          const words = reasonWords({ status: 'failure', reason: 'pixel_blocked' })
          hit.textContent = sentence(result.reason ? reasonWords(result) : words)
          latest.textContent = `${title}, never left`
        } else if (pixel === 'live' && !seesHits) {
          say('left for TikTok', true)
          row.dataset.hit = 'arrived'
          hit.textContent = 'Look in Events Manager, Test Events.'
        } else {
          say(pixel === 'live' ? 'on its way' : 'waits for the pixel')
        }
      },
    }
    awaited.set(keyOf(destinationEvent), follow)
    follow.watchPixel()
    return sent
  }

  return {
    add,
    arrive: (hit) => awaited.get(keyOf(hit))?.arrive(hit),
    watchPixel(state) {
      pixel = state.pixel
      for (const follow of [...awaited.values()]) follow.watchPixel()
    },
  }
}

const keyOf = ({ event, event_id }) => `${event} ${event_id}`

const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true)

const part = (element, name) => element.querySelector(`[data-part=${name}]`)

const sentence = (words) => `${words[0].toUpperCase()}${words.slice(1)}.`
