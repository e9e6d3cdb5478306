import { html } from '../html.ts'
import type { Page } from './layout.ts'

export function missing(): Page {
  return {
    title: 'Nothing here',
    main: html`
      <h1>There is nothing here</h1>
      <p>Not any more, or not yet. An order is known to the browser that placed it, until the demo is started again.</p>
      <p><a class="button main" href="/collections/all">See what there is</a></p>`,
  }
}
