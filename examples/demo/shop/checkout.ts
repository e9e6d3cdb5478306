import { type Html, html, json } from '../html.ts'
import { money } from './catalog.ts'
import { checkoutOf, totalsOf, track } from './converge.ts'
import type { Page } from './layout.ts'
import { summary, totals } from './parts.ts'
import type { Contact, Visitor } from './visitors.ts'

const field = (name: string, label: string, value: string, autocomplete: string, type = 'text'): Html =>
  html`<p><label for="${name}">${label}</label>
    <input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="${autocomplete}" required></p>`

/** The default customer. */
export const jane: Contact = {
  email: 'jane@example.com',
  phone: '+49 170 1234567',
  first_name: 'Jane',
  last_name: 'Doe',
  city: 'Rostock',
  zip_code: '18055',
}

export function checkout({ cart: lines }: Visitor): Page {
  return {
    title: 'Checkout',
    main: html`
      <h1>Checkout</h1>
      <form class="columns" method="post" action="/checkout" data-checkout>
        <div class="steps">
          <fieldset>
            <legend>Contact</legend>
            ${field('email', 'Email', jane.email, 'email', 'email')}
            ${field('phone', 'Phone, with country code', jane.phone, 'tel', 'tel')}
          </fieldset>
          <fieldset class="pairs">
            <legend>Delivery</legend>
            ${field('first_name', 'First name', jane.first_name, 'given-name')}
            ${field('last_name', 'Last name', jane.last_name, 'family-name')}
            ${field('zip_code', 'Postcode', jane.zip_code, 'postal-code')}
            ${field('city', 'City', jane.city, 'address-level2')}
          </fieldset>
          <fieldset class="payment">
            <legend>Payment</legend>
            <label><input type="radio" name="payment" value="card" checked> Card</label>
            <label><input type="radio" name="payment" value="transfer"> Bank transfer</label>
            <label><input type="radio" name="payment" value="invoice"> Invoice</label>
          </fieldset>
          <p class="small">This is a demo. Nothing is charged, and nothing that you type leaves this machine as plain text.</p>
        </div>
        <aside class="panel" aria-label="Your order">
          ${summary(lines)}
          ${totals(lines)}
          <button class="main wide" data-pay>Pay ${money(totalsOf(lines).total_price)}</button>
        </aside>
      </form>
      <script type="application/json" data-order>${json(checkoutOf(lines))}</script>
      ${track('Started Checkout', checkoutOf(lines))}`,
  }
}
