import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import type { AdminPeriod } from '../server/admin/admin-api.ts'
import { hashOf } from './address.ts'
import { formatDay, formatMoney, formatNumber } from './format.ts'

const DAY = 86_400_000
const FIRST_SHOWN = 10
/** TikTok's name of an order. */
const order = 'Purchase'

interface Props {
  days: readonly AdminPeriod[]
  now: number
}

/** Orders and their value by day, the last day first. */
export function Orders({ days, now }: Props) {
  const [isFull, setFull] = useState(false)
  const currencies = [...new Set(days.flatMap(({ value }) => Object.keys(value)))].sort()
  const shown = [...days].reverse().slice(0, isFull ? undefined : FIRST_SHOWN)
  return html`<section class="card" aria-labelledby="orders">
    <h2 id="orders">Orders</h2>
    <div class="table" tabindex="0" role="group" aria-label="Orders by day">
      <table>
        <thead>
          <tr>
            <th scope="col">Day (UTC)</th>
            <th scope="col" class="number">Orders</th>
            <th scope="col" class="number">Failed</th>
            ${currencies.map((currency) => html`<th scope="col" class="number">${currency}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map((day) => html`<${Row} key=${day.start} day=${day} now=${now} currencies=${currencies} />`)}
        </tbody>
      </table>
    </div>
    ${
      days.length > FIRST_SHOWN &&
      html`<button type="button" class="button" aria-expanded=${String(isFull)} onClick=${() => setFull(!isFull)}>
      ${isFull ? `Show ${FIRST_SHOWN} days` : `Show all ${days.length} days`}
    </button>`
    }
  </section>`
}

function Row({ day, now, currencies }: { day: AdminPeriod; now: number; currencies: readonly string[] }) {
  const { start, orders, value, events } = day
  const failed = events[order]?.failure ?? 0
  const date = new Date(start).toISOString().slice(0, 10)
  return html`<tr>
    <th scope="row">${nameOf(start, now)}</th>
    <td class="number">${orders ? html`<a href=${hashOf('events', { event: order, day: date })}>${formatNumber(orders)}</a>` : '0'}</td>
    <td class="number">
      ${
        failed
          ? html`<a class="bad" href=${hashOf('events', { event: order, status: 'failure', day: date })}>${formatNumber(failed)}</a>`
          : '0'
      }
    </td>
    ${currencies.map(
      (currency) =>
        html`<td class="number">${value[currency] === undefined ? '–' : formatMoney(value[currency], currency)}</td>`,
    )}
  </tr>`
}

function nameOf(start: number, now: number): string {
  const age = Math.floor(now / DAY) - Math.floor(start / DAY)
  return ['Today', 'Yesterday'][age] ?? formatDay(start)
}
