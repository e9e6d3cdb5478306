import { html } from 'htm/preact'
import type { AdminSetup, AdminSource } from '../server/admin/admin-api.ts'
import { CopyButton } from './copy-button.ts'
import { formatMoment, formatNumber } from './format.ts'
import { useSession } from './session.ts'
import { useRefresh } from './use-refresh.ts'
import type { ViewProps } from './view-props.ts'

/** The sources, the tag for pages, the addresses for webhooks, and the config in force. */
export function Setup({ summary: { value: summary } }: ViewProps) {
  const { api } = useSession()
  const { value: setup, problem } = useRefresh((signal) => api.get<AdminSetup>('setup', {}, signal), 0)
  return html`<h1 tabindex="-1">Setup</h1>
    <div role="alert">${problem && html`<p class="notice" data-tone="bad">${problem}</p>`}</div>
    ${summary && html`<${Sources} sources=${summary.sources} paused=${summary.state.paused !== false} now=${summary.now} />`}
    ${setup?.addressNote && html`<p class="notice" data-tone="calm">${setup.addressNote}</p>`}
    ${setup && html`<${Snippet} snippet=${setup.snippet} /><${Webhooks} webhooks=${setup.webhooks} /><${ConfigInForce} config=${setup.config} />`}
    ${!setup && !problem && html`<p class="empty">Loading …</p>`}`
}

function Sources({ sources, paused, now }: { sources: readonly AdminSource[]; paused: boolean; now: number }) {
  return html`<section class="card" aria-labelledby="sources">
    <h2 id="sources">Sources</h2>
    <p class="hint">
      ${paused ? 'Everything is paused: new events of all sources are skipped. ' : ''}To switch a source off, set
      ${' '}<code>enabled: false</code> for it in the config. To pause all of them, run <code>converge-tiktok pause</code>.
    </p>
    <div class="table" tabindex="0" role="group" aria-label="Sources">
      <table>
        <thead>
          <tr>
            <th scope="col">Source</th><th scope="col">Type</th><th scope="col">Switch</th>
            <th scope="col" class="number">Accepted</th><th scope="col" class="number">401</th><th scope="col" class="number">503</th>
            <th scope="col">Last event</th>
          </tr>
        </thead>
        <tbody>
          ${sources.map((source) => html`<${SourceRow} key=${source.name} source=${source} paused=${paused} now=${now} />`)}
        </tbody>
      </table>
    </div>
    <p class="hint">401 and 503 count refused requests since the start. 401 means a wrong token or signature, 503 that nothing could be stored.</p>
  </section>`
}

function SourceRow({ source, paused, now }: { source: AdminSource; paused: boolean; now: number }) {
  const { name, type, enabled, accepted, unauthorized, unavailable, last } = source
  const [word, tone] = !enabled ? ['off', 'none'] : paused ? ['paused', 'wait'] : ['on', 'good']
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${type}</td>
    <td><span class="dot" data-tone=${tone}>${word}</span></td>
    <td class="number">${formatNumber(accepted)}</td>
    <td class=${unauthorized ? 'number bad' : 'number'}>${formatNumber(unauthorized)}</td>
    <td class=${unavailable ? 'number bad' : 'number'}>${formatNumber(unavailable)}</td>
    <td>${last === undefined ? 'none since the start' : formatMoment(last, now)}</td>
  </tr>`
}

const Snippet = ({ snippet }: { snippet: string }) => html`<section class="card" aria-labelledby="snippet">
  <div class="card-head">
    <h2 id="snippet">Snippet for pages</h2>
    <${CopyButton} text=${snippet} name="the snippet" />
  </div>
  <pre tabindex="0" role="group" aria-label="Snippet for pages"><code>${snippet}</code></pre>
</section>`

const Webhooks = ({ webhooks }: Pick<AdminSetup, 'webhooks'>) => html`<section class="card" aria-labelledby="webhooks">
  <h2 id="webhooks">Webhook addresses</h2>
  ${
    webhooks.length === 0
      ? html`<p class="hint">No source of the config receives webhooks.</p>`
      : html`<ul class="webhooks">
          ${webhooks.map(
            ({ source, type, url }) => html`<li key=${url}>
              <b>${source}</b> <span class="hint">${type}</span> <code>${url}</code> <${CopyButton} text=${url} name=${`the address of ${source}`} />
            </li>`,
          )}
        </ul>`
  }
</section>`

function ConfigInForce({ config }: { config: unknown }) {
  const text = JSON.stringify(config, null, 2)
  return html`<section class="card" aria-labelledby="config">
    <div class="card-head">
      <h2 id="config">Config in force</h2>
      <${CopyButton} text=${text} name="the config" />
    </div>
    <p class="hint">Without tokens and secrets.</p>
    <pre tabindex="0" role="group" aria-label="Config in force"><code>${text}</code></pre>
  </section>`
}
