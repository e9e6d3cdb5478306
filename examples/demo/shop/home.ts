import { html } from '../html.ts'
import { categories, findProduct, products } from './catalog.ts'
import type { Page } from './layout.ts'
import { productGrid } from './parts.ts'
import { picture } from './pictures.ts'

const featured = ['day-pack', 'linen-shirt', 'wool-beanie', 'canvas-tote']

export function home(): Page {
  return {
    title: 'Plain things, well made',
    main: html`
      <section class="hero">
        <div>
          <h1>Plain things for long evenings</h1>
          <p>Linen, wool and enamel, made in small numbers by people who use them. Shipped from Rostock within two days.</p>
          <p class="buttons"><a class="button main" href="/collections/all">See everything</a></p>
        </div>
        <div class="scene" aria-hidden="true">
          ${picture('blanket', '#b3603c')}${picture('mug', '#3f4d7a')}${picture('candle', '#c9b28b')}
        </div>
      </section>
      <section aria-labelledby="featured">
        <h2 id="featured">For the next weekend</h2>
        ${productGrid(featured.map(findProduct).filter((product) => product !== undefined))}
      </section>
      <section aria-labelledby="by-kind">
        <h2 id="by-kind">By kind</h2>
        <ul class="kinds">${categories.map((category) => {
          const count = products.filter((product) => product.category === category).length
          return html`<li><a href="/collections/all?type=${category}"><strong>${category}</strong> <span>${count} things</span></a></li>`
        })}</ul>
      </section>`,
  }
}
