import { html } from '../html.ts'
import { placedOrder, track } from './converge.ts'
import type { Page } from './layout.ts'
import { summary, totals } from './parts.ts'
import type { Order } from './visitors.ts'

/** The order's id is the event_id, so this page may be reloaded or opened again later. */
export function thankYou(order: Order): Page {
  const { id, lines, contact } = order
  return {
    title: `Order ${id}`,
    main: html`
      <div class="thanks">
        <svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="m14 25 7 7 14-16"/></svg>
        <h1>Thank you, ${contact.first_name}</h1>
        <p>Order <strong>${id}</strong> is on its way to ${contact.city}. We sent a confirmation to ${contact.email}.</p>
        <div class="panel">${summary(lines)}${totals(lines)}</div>
        <p class="buttons">
          <a class="button" href="/collections/all">Continue shopping</a>
        </p>
      </div>
      ${track('Placed Order', placedOrder(order))}`,
  }
}
