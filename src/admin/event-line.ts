import { html } from 'htm/preact'
import type { AdminAnswer, AdminLine } from '../server/admin/admin-api.ts'
import { CopyButton } from './copy-button.ts'
import { formatCount, formatDateTime, formatDuration, formatMoment, formatMoney } from './format.ts'
import { Icon } from './icon.ts'
import { mainKeys } from './match-keys.ts'
import { channelSentences, isDeadLetter, outcomeOf, statusNames, statusTones } from './statuses.ts'

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
  const { id, time, eventName, event, event_id, status, why, value, currency = '' } = line
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
      <span class="under"><code class="id">${event_id}</code> ${!isOpen && html`<span class="why">${why}</span>`}</span>
    </button>
    <div id=${`line-${id}`} class="details" hidden=${!isOpen}>${isOpen && html`<${Details} line=${line} />`}</div>
  </li>`
}

function Details({ line }: { line: AdminLine }) {
  const { status, advice, event_id, order_id, matchKeys, source, channel, time, eventName } = line
  const answers = answersOf(line)
  // TikTok's last sentence is the reason, and is shown with its attempt.
  const why = answers.some(({ message }) => message === line.why) ? '' : line.why
  const missing = mainKeys.filter((key) => !matchKeys.includes(key))
  return html`<p class="advice" data-tone=${statusTones[status]}>
      <b>${outcomeOf(line)}</b>${[why, advice].filter(Boolean).map((sentence) => html`<br />${sentence}`)}
      ${isDeadLetter(line) && html`<br /><a href="#dead-letters">Retry it under Dead letters</a>`}
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
        <h3>What was sent</h3>
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
        <${Attempts} attempts=${line.attempts} answers=${answers} />
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

type Answer = Omit<AdminAnswer, 'time'> & Partial<Pick<AdminAnswer, 'time'>>

/** TikTok's answers to the attempts. A line whose first attempt was accepted only has the last answer, without its time. */
function answersOf({ answers, code, message = '' }: AdminLine): readonly Answer[] {
  if (answers) return answers
  return code === undefined && !message ? [] : [{ message, ...(code !== undefined && { code }) }]
}

function Attempts({ attempts, answers }: { attempts: number; answers: readonly Answer[] }) {
  if (attempts === 0) return html`<p class="hint">None.</p>`
  const left = attempts - answers.length
  return html`<ol class="answers">
    ${answers.map(
      (answer) => html`<li>
        ${answer.time !== undefined && html`<span class="time">${formatDateTime(answer.time)}</span> `}
        ${answer.message || 'OK'}${' '}
        ${answer.code !== undefined && !answer.message.includes(String(answer.code)) && html`<code>${answer.code}</code>`}
      </li>`,
    )}
    ${left > 0 && html`<li class="hint">${formatCount(left, answers.length ? 'more attempt' : 'attempt')}</li>`}
  </ol>`
}
