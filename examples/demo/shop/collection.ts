import { html } from '../html.ts'
import { categories, products } from './catalog.ts'
import { track, viewedItem } from './converge.ts'
import type { Page } from './layout.ts'
import { productGrid } from './parts.ts'

/** A filter changes the page by pushState. The server answers its URL with the same page. */
export function collection(type: string | null): Page {
  const category = categories.find((one) => one === type)
  const shown = products.filter((product) => !category || product.category === category)
  const name = category ?? 'Everything'
  const chip = (label: string, href: string, isCurrent: boolean) =>
    html`<a href="${href}" data-swap ${isCurrent ? html`aria-current="page"` : ''}>${label}</a>`
  return {
    title: name,
    main: html`
      <h1>${name}</h1>
      <nav class="chips" aria-label="Filter by kind">
        ${chip('Everything', '/collections/all', !category)}
        ${categories.map((one) => chip(one, `/collections/all?type=${one}`, one === category))}
      </nav>
      <p class="small">${shown.length} products</p>
      ${productGrid(shown)}
      ${track('Viewed Collection', {
        id: (category ?? 'all').toLowerCase(),
        name,
        items: shown.map((product) => viewedItem(product, product.variants[0])),
      })}`,
  }
}
