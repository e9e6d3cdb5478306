import { html } from '../html.ts'
import { money } from './catalog.ts'
import { checkoutOf, track } from './converge.ts'
import type { Page } from './layout.ts'
import { totals } from './parts.ts'
import { picture } from './pictures.ts'
import type { Visitor } from './visitors.ts'

export function cart({ cart: lines }: Visitor): Page {
  if (!lines.length)
    return {
      title: 'Cart',
      main: html`<h1>Your cart is empty</h1><p><a class="button main" href="/collections/all">See all products</a></p>`,
    }
  return {
    title: 'Cart',
    main: html`
      <h1>Cart</h1>
      <div class="columns">
        <ul class="lines">${lines.map(({ product, variant, quantity }) => {
          const label = `${product.name}, ${variant.name}`
          return html`
          <li>
            ${picture(product.picture, variant.color)}
            <div>
              <a href="/products/${product.handle}?variant=${variant.variant_id}"><strong>${product.name}</strong></a>
              <span class="small">${variant.name}</span>
            </div>
            <div class="stepper">
              <button type="button" class="step" data-step="-1" data-of="${variant.variant_id}" aria-label="One less of ${label}">−</button>
              <span>${quantity}</span>
              <button type="button" class="step" data-step="1" data-of="${variant.variant_id}" aria-label="One more of ${label}">+</button>
            </div>
            <span class="price">${money(variant.price * quantity)}</span>
          </li>`
        })}</ul>
        <aside class="panel" aria-label="Totals">
          ${totals(lines)}
          <a class="button main wide" href="/checkout">Check out</a>
        </aside>
      </div>
      ${track('Viewed Cart', checkoutOf(lines))}`,
  }
}
