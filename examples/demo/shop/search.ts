import { html } from '../html.ts'
import { search as find } from './catalog.ts'
import { track } from './converge.ts'
import type { Page } from './layout.ts'
import { productGrid } from './parts.ts'

export function search(given: string | null): Page {
  const query = given?.trim() ?? ''
  const found = find(query)
  return {
    title: query ? `Search: ${query}` : 'Search',
    main: html`
      <h1>${query ? `“${query}”` : 'Search'}</h1>
      <form class="find wide" action="/search">
        <label class="unseen" for="query">What are you looking for?</label>
        <input id="query" type="search" name="q" value="${query}" placeholder="linen, wool, for the home …">
        <button class="main">Search</button>
      </form>
      <p class="small">${query ? `${found.length} found` : html`Try <a href="/search?q=wool">wool</a> or <a href="/search?q=waxed+cotton">waxed cotton</a>.`}</p>
      ${productGrid(found)}
      ${query !== '' && track('Searched', { query })}`,
  }
}
