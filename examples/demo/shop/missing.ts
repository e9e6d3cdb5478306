import { html } from '../html.ts'
import type { Page } from './layout.ts'

export function missing(): Page {
  return {
    title: 'Nothing here',
    main: html`
      <h1>Page not found</h1>
      <p>This page does not exist. An order can only be opened in the browser that placed it, until the demo restarts.</p>
      <p><a class="button main" href="/collections/all">See all products</a></p>`,
  }
}
