import { controls } from '../controls.ts'
import { type Html, html } from '../html.ts'
import type { Setting } from '../switches.ts'

const counters = (isReal: boolean) => [
  ['counted', 'events counted', 'each name and event_id once'],
  ['hits', 'pixel hits', isReal ? 'as far as the page can tell' : 'from the page'],
  ['copies', 'server copies', 'from the forwarder'],
  ['requests', 'requests', isReal ? 'to the forwarder' : 'to TikTok and the forwarder'],
  ['early', 'before consent', 'of those requests'],
  ['cookies', 'cookies', 'TikTok’s and ours'],
  ['waiting', 'waiting', 'in the forwarder’s database'],
]

const stories = [
  ['blocked', 'Block the pixel', 'A visitor with an ad blocker buys. The forwarder still sends the order.'],
  ['reload', 'Reload the thank-you page', 'Five times. TikTok counts one purchase.'],
  ['reject', 'Reject consent', 'A visitor rejects and buys. Nothing is sent or stored.'],
] as const

/** What TikTok receives, both copies side by side. */
export function tiktokPage(setting: Setting, pixelId: string | undefined, adminUrl: string | undefined): Html {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>What TikTok sees · converge-tiktok demo</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/controls.css">
    <link rel="stylesheet" href="/tiktok.css">
    <script type="module" src="/controls.js"></script>
    <script type="module" src="/tiktok.js"></script>
    <script type="module" src="/story.js"></script>
  </head>
  <body data-real="${String(pixelId !== undefined)}">
    <a class="skip" href="#events">Skip to the events</a>
    ${controls(setting, html`<a href="/">To the shop</a>`, adminUrl)}
    <main>
      <header>
        <h1>What TikTok sees</h1>
        <p>${
          pixelId
            ? html`The page’s hits go to TikTok’s real pixel <code>${pixelId}</code>: see Events Manager, Test Events. This page shows what the page and the forwarder report, and the server copies, which stay on this machine.`
            : html`TikTok receives each event twice: from the browser by TikTok’s pixel, and as a server copy by the forwarder. The shop’s server also sends each order, signed as Shopify does. The forwarder merges it with the page’s copy. TikTok is simulated, and nothing leaves this machine.`
        }</p>
      </header>

      <section aria-labelledby="stories">
        <h2 id="stories" class="unseen">Three stories</h2>
        <ul class="stories">${stories.map(
          ([name, title, text]) => html`
          <li>
            <button type="button" data-story="${name}" ${pixelId ? 'disabled' : ''}><strong>${title}</strong> <span>${text}</span></button>
          </li>`,
        )}
        </ul>
        <p class="outcome" role="status" data-outcome>${
          pixelId && 'The stories need the simulated TikTok. Start the demo without --pixel.'
        }</p>
      </section>

      <dl class="counters" aria-label="Counters">${counters(pixelId !== undefined).map(
        ([name, title, text]) => html`
        <div><dt>${title} <small>${text}</small></dt><dd data-counter="${name}">0</dd></div>`,
      )}
      </dl>

      <div class="stage">
        <section aria-labelledby="events-title">
          <h2 id="events-title">Events, newest first</h2>
          <p class="empty" data-empty>No events yet. Start one of the stories, or <a href="/">go shopping</a>.</p>
          <ol id="events" class="events" tabindex="-1"></ol>
          <section class="said" aria-labelledby="said-title" data-said hidden>
            <h2 id="said-title">The forwarder’s log</h2>
            <ul></ul>
          </section>
        </section>
        <section class="phone" aria-label="The shop, while a story plays" data-phone hidden>
          <iframe title="The shop" src="about:blank"></iframe>
        </section>
      </div>
    </main>

    <template id="event">
      <li class="event">
        <details>
          <summary>
            <span class="names"><span data-part="from"></span> <span class="arrow" aria-hidden="true">→</span> <strong data-part="event"></strong></span>
            <span class="badges"><span class="badge origin" data-part="merged" hidden>page + Shopify</span> <span class="badge" data-part="kind"></span></span>
            <code class="id" data-part="id"></code>
            <span class="why" data-part="why"></span>
          </summary>
          <div class="copies">
            <section><h3>Pixel hit</h3><pre tabindex="0"><code data-part="hit"></code></pre></section>
            <section><h3>Events API event <span data-part="origin"></span></h3><pre tabindex="0"><code data-part="api"></code></pre></section>
          </div>
        </details>
      </li>
    </template>
  </body>
</html>
`
}
