import { html } from '../html.ts'
import { money, type Product, products, type Variant, vendor } from './catalog.ts'
import { track, viewedItem } from './converge.ts'
import type { Page } from './layout.ts'
import { productGrid } from './parts.ts'
import { picture } from './pictures.ts'

export function product(product: Product, variant_id: string | null): Page {
  const variant = product.variants.find((one) => one.variant_id === variant_id) ?? product.variants[0]
  const others = products.filter(({ category, handle }) => category === product.category && handle !== product.handle)
  const choice = (one: Variant) => html`
            <a href="/products/${product.handle}?variant=${one.variant_id}" data-variant="${one.variant_id}"
              data-color="${one.color}" data-cost="${money(one.price)}" data-article="${one.sku}" ${one === variant && html`aria-current="true"`}
              ><i style="background: ${one.color}" aria-hidden="true"></i>${one.name}</a>`
  return {
    title: product.name,
    main: html`
      <article class="product" data-product>
        <div class="frame">${picture(product.picture, variant.color, `${product.name}, ${variant.name}`)}</div>
        <div class="facts">
          <p class="kind"><a href="/collections/all?type=${product.category}">${product.category}</a> · ${vendor}</p>
          <h1>${product.name}</h1>
          <p class="price large" data-price>${money(variant.price)}</p>
          <p>${product.words}</p>
          <nav class="chips variants" aria-label="Variant">
            ${product.variants.map(choice)}
          </nav>
          <p class="buttons"><button type="button" class="main" data-add="${variant.variant_id}">Add to cart</button></p>
          <ul class="ticks small">
            <li>Free shipping from €75</li>
            <li>30 days to return it</li>
            <li>Article <span data-sku>${variant.sku}</span></li>
          </ul>
        </div>
      </article>
      <section aria-labelledby="others">
        <h2 id="others">Goes well with it</h2>
        ${productGrid(others.slice(0, 3))}
      </section>
      ${track('Viewed Product', viewedItem(product, variant))}`,
  }
}
