import { html } from 'htm/preact'
import type { AdminLine } from '../server/admin/admin-api.ts'
import { CopyButton } from './copy-button.ts'
import { formatCount, formatDateTime, formatDuration, formatMoment, formatMoney } from './format.ts'
import { Icon } from './icon.ts'
import { mainKeys } from './match-keys.ts'
import { reasonInWords } from './reasons.ts'
import { channelSentences, statusNames, statusSentences, statusTones } from './statuses.ts'

interface Props {
  line: AdminLine
  now: number
  isOpen: boolean
  /** True for the one line that Tab reaches. The arrow keys reach the others. */
  isCurrent: boolean
  onToggle: () => void
  onFocus: () => void
}

/** One line of the log, with a button that opens its details. */
export function EventLine({ line, now, isOpen, isCurrent, onToggle, onFocus }: Props) {
  const { id, time, eventName, event, event_id, status, reason, value, currency = '' } = line
  return html`<li class="entry">
    <button
      type="button"
      class="row"
      data-line=${id}
      aria-expanded=${String(isOpen)}
      aria-controls=${`line-${id}`}
      tabindex=${isCurrent ? 0 : -1}
      onClick=${onToggle}
      onFocus=${onFocus}
    >
      <span class="open"><${Icon} name="open" /></span>
      <span class="names">
        <b>${eventName || event}</b>
        ${event && html`<span class="arrow" aria-hidden="true">→</span><span class="unseen">, becomes </span><b class="to">${event}</b>`}
        ${value !== undefined && html` <span class="amount">${formatMoney(value, currency)}</span>`}
      </span>
      <span class="outcome" data-tone=${statusTones[status]}>${statusNames[status]}</span>
      <span class="time">${formatMoment(time, now)}</span>
      <span class="under"><code class="id">${event_id}</code> <span class="why">${reasonInWords(reason)}</span></span>
    </button>
    <div id=${`line-${id}`} class="details" hidden=${!isOpen}>${isOpen && html`<${Details} line=${line} />`}</div>
  </li>`
}

function Details({ line }: { line: AdminLine }) {
  const { status, reason, advice, event_id, order_id, matchKeys, source, channel, time, eventName } = line
  const why = reasonInWords(reason)
  const missing = mainKeys.filter((key) => !matchKeys.includes(key))
  return html`<p class="advice" data-tone=${statusTones[status]}>
      <b>${statusSentences[status]}</b> ${why && html`${why} `}${advice && advice !== why && html`<br />${advice}`}
      ${status === 'failure' && html`<br /><a href="#dead-letters">Retry it under Dead letters</a>`}
    </p>
    <div class="parts">
      <section>
        <h3>What came in</h3>
        <dl class="pairs">
          <div><dt>Event</dt><dd>${eventName || 'none'}</dd></div>
          <div><dt>Source</dt><dd>${source}. ${channelSentences[channel]}.</dd></div>
          <div><dt>Time</dt><dd>${formatDateTime(time)}</dd></div>
          <div><dt>event_id</dt><dd><code>${event_id}</code> <${CopyButton} text=${event_id} name="the event_id" /></dd></div>
          ${order_id && html`<div><dt>Order</dt><dd><code>${order_id}</code></dd></div>`}
        </dl>
      </section>
      <section>
        <h3>What left</h3>
        <${Sent} line=${line} />
      </section>
      <section>
        <h3>Match keys</h3>
        <ul class="keys">
          ${matchKeys.map((key) => html`<li><${Icon} name="done" /><code>${key}</code></li>`)}
          ${missing.map(
            (key) =>
              html`<li class="hint"><${Icon} name="missing" /><span class="unseen">Missing: </span><code>${key}</code></li>`,
          )}
        </ul>
      </section>
      <section>
        <h3>Attempts</h3>
        <${Attempts} line=${line} />
      </section>
    </div>`
}

function Sent({ line: { event, value, currency = '', time, sent } }: { line: AdminLine }) {
  if (!event) return html`<p class="hint">Nothing: no TikTok event was made.</p>`
  return html`<dl class="pairs">
    <div><dt>TikTok event</dt><dd>${event}</dd></div>
    ${value !== undefined && html`<div><dt>Value</dt><dd>${formatMoney(value, currency)}</dd></div>`}
    <div>
      <dt>Accepted</dt>
      <dd>${sent === undefined ? 'not yet' : `${formatDateTime(sent)}, after ${formatDuration(Math.max(0, sent - time) / 1000)}`}</dd>
    </div>
  </dl>`
}

function Attempts({ line: { attempts, answers, code, message } }: { line: AdminLine }) {
  if (attempts === 0) return html`<p class="hint">None.</p>`
  // Older lines only have the last answer.
  const known = answers ?? (code === undefined && !message ? [] : [{ code, message: message ?? '' }])
  const left = attempts - known.length
  return html`<ol class="answers">
    ${left > 0 && html`<li class="hint">${formatCount(left, known.length ? 'earlier attempt' : 'attempt')}</li>`}
    ${known.map(
      (answer) => html`<li>
        ${'time' in answer && html`<span class="time">${formatDateTime(answer.time)}</span> `}
        ${answer.message || 'OK'}${' '}
        ${answer.code !== undefined && !answer.message.includes(String(answer.code)) && html`<code>${answer.code}</code>`}
      </li>`,
    )}
  </ol>`
}
