import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import type { AdminPeriod, AdminSummary } from '../server/admin/admin-api.ts'
import type { LogStatus } from '../store/event-log.ts'
import type { Tone } from '../ui/tone.ts'
import { hashOf } from './address.ts'
import { formatDuration, formatNumber } from './format.ts'
import { type Fact, factsOf, headlineOf } from './headline.ts'
import { Channels, MatchKeys } from './match-keys.ts'
import { Orders } from './orders.ts'
import { Plot } from './plot.ts'
import { countAll, type GroupBy, stackOf } from './stack.ts'
import type { ViewProps } from './view-props.ts'

/** Answers whether everything arrives, and what to do if it does not. */
export function Today({ summary: { value: summary } }: ViewProps) {
  return html`<h1 tabindex="-1">Today</h1>
    ${summary ? html`<${Report} summary=${summary} />` : html`<p class="empty">Loading …</p>`}`
}

function Report({ summary }: { summary: AdminSummary }) {
  return html`<${State} summary=${summary} />
    <${Tiles} summary=${summary} />
    ${summary.noLog ? html`<p class="empty card">${summary.noLog}</p>` : html`<${History} summary=${summary} />`}`
}

function History({ summary }: { summary: AdminSummary }) {
  const [by, setBy] = useState<GroupBy>('status')
  return html`<section aria-labelledby="plots" class="card">
      <div class="card-head">
        <h2 id="plots">Events</h2>
        <div class="chips" role="group" aria-label="Colors of the plots">
          ${(['status', 'event'] as const).map(
            (
              one,
            ) => html`<button type="button" class="chip" aria-pressed=${String(one === by)} onClick=${() => setBy(one)}>
              By ${one}
            </button>`,
          )}
        </div>
      </div>
      <div class="plots">
        <${Plot} title="Last 24 hours" unit="hour" stack=${stackOf(summary.hours, by)} />
        <${Plot} title="Last 30 days" unit="day" stack=${stackOf(summary.days, by)} />
      </div>
    </section>
    <div class="columns">
      <${Orders} days=${summary.days} now=${summary.now} />
      <div class="column">
        <${MatchKeys} matchKeys=${summary.matchKeys} />
        <${Channels} hours=${summary.hours} delivery=${summary.delivery} />
      </div>
    </div>`
}

function State({ summary }: { summary: AdminSummary }) {
  const { tone, title, sentence, isAboutDeadLetters } = headlineOf(summary)
  return html`<section class="card state" aria-labelledby="state" data-tone=${tone}>
    <h2 id="state" class="dot" data-tone=${tone}>${title}</h2>
    <p>${sentence}${isAboutDeadLetters && html` <a href="#dead-letters">See the dead letters</a>`}</p>
    <dl class="facts">
      ${factsOf(summary).map(
        ({ name, value, tone }: Fact) =>
          html`<div class="dot" data-tone=${tone}><dt>${name}</dt><dd>${value}</dd></div>`,
      )}
    </dl>
    ${factsOf(summary).map(
      ({ name, advice, tone }: Fact) =>
        advice && advice !== sentence && html`<p class="notice" data-tone=${tone}><b>${name}:</b> ${advice}</p>`,
    )}
  </section>`
}

const countOf = (hours: readonly AdminPeriod[], ...wanted: LogStatus[]): number =>
  hours.reduce(
    (sum, { events }) =>
      sum +
      Object.values(events).reduce(
        (part, counts) => part + wanted.reduce((all, one) => all + (counts[one] ?? 0), 0),
        0,
      ),
    0,
  )

interface Tile {
  name: string
  value: string
  note: string
  href?: string
  tone?: Tone
}

function Tiles({ summary: { hours, waiting, oldest, noLog } }: { summary: AdminSummary }) {
  const total = hours.reduce(
    (sum, { events }) => sum + Object.values(events).reduce((part, counts) => part + countAll(counts), 0),
    0,
  )
  const failed = countOf(hours, 'failure')
  const retried = countOf(hours, 'retry')
  const ofLog: Tile[] = [
    { name: 'In', value: formatNumber(total), note: 'last 24 hours', href: hashOf('events') },
    {
      name: 'Sent',
      value: formatNumber(countOf(hours, 'success')),
      note: 'last 24 hours',
      href: hashOf('events', { status: 'success' }),
    },
    {
      name: 'Failing',
      value: formatNumber(failed + retried),
      note: retried ? `last 24 hours, ${formatNumber(retried)} of them tried again` : 'last 24 hours',
      href: hashOf('events', { status: retried && !failed ? 'retry' : 'failure' }),
      tone: failed + retried ? 'bad' : 'none',
    },
  ]
  const tiles: Tile[] = [
    ...(noLog ? [] : ofLog),
    { name: 'Waiting', value: formatNumber(waiting), note: 'now', href: hashOf('events', { status: 'waiting' }) },
    { name: 'Longest wait', value: oldest === undefined ? '–' : formatDuration(oldest), note: 'now' },
  ]
  return html`<dl class="tiles">
    ${tiles.map(
      ({ name, value, note, href, tone = 'none' }) => html`<div class="card" data-tone=${tone}>
        <dt>${href ? html`<a href=${href}>${name}</a>` : name} <small>${note}</small></dt>
        <dd>${value}</dd>
      </div>`,
    )}
  </dl>`
}
