import { adminToken } from './admin-token.ts'
import { type Html, html } from './html.ts'
import { type Setting, switches } from './switches.ts'

const titles: Record<keyof Setting, string> = {
  contentId: 'Content ID',
  filter: 'Filter',
  pixel: 'TikTok’s pixel',
  tiktok: 'TikTok',
}

const names = ['contentId', 'filter', 'pixel', 'tiktok'] as const

/** The demo's bar on each page: its switches, and what TikTok has received so far. */
export function controls(setting: Setting, link: Html, adminUrl: string | undefined): Html {
  return html`<aside class="controls" aria-label="Demo controls, not part of the shop" data-controls>
      <details>
        <summary><b>Demo controls</b>
          <span class="tally"><span data-counter="counted">0</span> events counted</span>
          <span class="tally"><span data-counter="hits">0</span> pixel hits</span>
          <span class="tally"><span data-counter="copies">0</span> server copies</span>
          <span class="tally"><span data-counter="cookies">0</span> cookies</span>
        </summary>
        <div class="groups">
          ${names.map((name) => group(name, setting))}
          <section aria-labelledby="switch-consent">
            <h2 id="switch-consent">Consent</h2>
            <button type="button" data-consent="granted">accept</button>
            <button type="button" data-consent="denied">reject</button>
            <button type="button" data-consent="">not answered</button>
          </section>
          <section aria-labelledby="switch-visitor">
            <h2 id="switch-visitor">Visitor</h2>
            <button type="button" data-start-over>start over as a new visitor</button>
          </section>
          ${
            adminUrl &&
            html`<section aria-labelledby="admin-token">
            <h2 id="admin-token">Admin token of the operator’s page</h2>
            <code>${adminToken}</code>
          </section>`
          }
        </div>
      </details>
      <span class="links">${adminUrl && html`<a href="${adminUrl}">Operator’s page</a>`} ${link}</span>
    </aside>`
}

function group(name: keyof Setting, setting: Setting): Html {
  return html`<section aria-labelledby="switch-${name}">
            <h2 id="switch-${name}">${titles[name]}</h2>
            ${switches[name].map(
              (value) => html`
            <button type="button" data-switch="${name}" data-value="${value}" aria-pressed="${String(value === setting[name])}">${value}</button>`,
            )}
          </section>`
}
