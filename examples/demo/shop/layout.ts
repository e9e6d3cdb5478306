// The layout of all shop pages.
import type { Decision } from '../../../src/types.ts'
import { controls } from '../controls.ts'
import { type Html, html } from '../html.ts'
import type { Setting } from '../switches.ts'
import { categories } from './catalog.ts'
import type { Visitor } from './visitors.ts'

export interface View {
  visitor: Visitor
  consent: Decision | undefined
  setting: Setting
  /** True inside the frame of /tiktok, which has its own counters. */
  isFramed: boolean
  /** Where the operator's page is, if it is linked. */
  adminUrl: string | undefined
}

export interface Page {
  title: string
  main: Html
  status?: number
}

/** The README's snippet, with the config from the forwarder. */
const convergeSnippet = (isFramed: boolean): Html => html`<script>
      window.converge = window.converge || { q: [] }
      for (const name of ['init', 'track', 'set', 'consent', 'on']) {
        converge[name] = converge[name] || ((...rest) => { converge.q.push([name, ...rest]) })
      }
    </script>
    <script async src="/converge/converge.js" data-consent="require" data-page-loads="auto"${!isFramed && html` data-debug="true"`}></script>`

export function layout({ visitor, consent, setting, isFramed, adminUrl }: View, { title, main }: Page): Html {
  const count = visitor.cart.reduce((sum, { quantity }) => sum + quantity, 0)
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Nordlicht</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/shop.css">
    ${convergeSnippet(isFramed)}
    <script type="module" src="/shop.js"></script>

    <!-- Not part of the shop: the demo -->
    <link rel="stylesheet" href="/controls.css">
    <script type="module" src="/report.js"></script>
    ${!isFramed && html`<script type="module" src="/controls.js"></script>`}
  </head>
  <body>
    <a class="skip" href="#main">Skip to the content</a>
    ${!isFramed && controls(setting, html`<a href="/tiktok">What TikTok sees</a>`, adminUrl)}
    <header class="top">
      <a class="brand" href="/"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 17c3-9 6-12 9-12s6 3 9 12M7 17c2-5 3-7 5-7s3 2 5 7"/></svg>Nordlicht</a>
      <nav aria-label="Shop">
        <a href="/collections/all">Everything</a>
        ${categories.map((category) => html`<a href="/collections/all?type=${category}">${category}</a>`)}
      </nav>
      <form class="find" action="/search" role="search">
        <label class="unseen" for="find">Search the shop</label>
        <input id="find" type="search" name="q" placeholder="Search" autocomplete="off">
      </form>
      <a class="to-search" href="/search"><svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="11" cy="11" r="6"/><path d="m16 16 5 5"/></svg><span class="unseen">Search</span></a>
      <a class="to-cart" href="/cart"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 8h14l1 12H4zM9 8a3 3 0 0 1 6 0"/></svg>Cart <span class="count" data-cart-count>${count}</span></a>
    </header>
    <section class="banner" aria-label="Cookies" data-banner ${consent ? 'hidden' : ''}>
      <p>May we tell TikTok which of its ads brought you here? We set no cookie for that before you answer.</p>
      <p class="buttons">
        <button type="button" data-decide="denied">Reject</button>
        <button type="button" data-decide="granted">Accept</button>
      </p>
    </section>
    <p class="notice" role="status" data-notice></p>
    <main id="main" tabindex="-1">${main}</main>
    <footer class="bottom">
      <section aria-labelledby="newsletter">
        <h2 id="newsletter">Letters from the north</h2>
        <p>Four a year, none in between.</p>
        <form data-newsletter>
          <label class="unseen" for="newsletter-email">Email</label>
          <input id="newsletter-email" type="email" name="email" placeholder="you@example.com" autocomplete="email" required>
          <button>Subscribe</button>
        </form>
      </section>
      <p class="small">Nordlicht is the demo of converge-tiktok and sells nothing. <button type="button" class="link" data-banner-again>Cookie settings</button></p>
    </footer>
  </body>
</html>
`
}
