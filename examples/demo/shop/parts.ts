// Parts of several shop pages.
import { type Html, html } from '../html.ts'
import { money, type Product } from './catalog.ts'
import { totalsOf } from './converge.ts'
import { picture } from './pictures.ts'
import type { Line } from './visitors.ts'

export function productGrid(products: readonly Product[]): Html {
  return html`<ul class="grid">${products.map(productCard)}</ul>`
}

function productCard({ handle, name, category, picture: drawing, variants }: Product): Html {
  const prices = variants.map(({ price }) => price)
  const colors = [...new Set(variants.map(({ color }) => color))]
  return html`
    <li><a class="card" href="/products/${handle}">
      ${picture(drawing, variants[0].color)}
      <span class="name">${name}</span>
      <span class="price">${new Set(prices).size > 1 && 'from '}${money(Math.min(...prices))}</span>
      <span class="kind">${category}</span>
      <span class="swatches" aria-hidden="true">${colors.map((color) => html`<i style="background: ${color}"></i>`)}</span>
    </a></li>`
}

/** The totals of a cart, of a checkout or of an order. */
export function totals(lines: Line[]): Html {
  const { goods, total_price, total_tax, total_shipping } = totalsOf(lines)
  return html`<dl class="totals">
    <div><dt>Goods</dt><dd>${money(goods)}</dd></div>
    <div><dt>Shipping</dt><dd>${total_shipping ? money(total_shipping) : 'free'}</dd></div>
    <div class="sum"><dt>Total</dt><dd>${money(total_price)}</dd></div>
    <div class="small"><dt>VAT included</dt><dd>${money(total_tax)}</dd></div>
  </dl>`
}

/** The lines of a finished order or checkout. */
export function summary(lines: Line[]): Html {
  return html`<ul class="summary">${lines.map(
    ({ product, variant, quantity }) => html`
    <li>
      ${picture(product.picture, variant.color)}
      <span><strong>${product.name}</strong><br><span class="small">${variant.name} · ${quantity} ×</span></span>
      <span class="price">${money(variant.price * quantity)}</span>
    </li>`,
  )}</ul>`
}
