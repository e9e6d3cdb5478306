import { html } from 'htm/preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { AdminSummary } from '../server/admin/admin-api.ts'
import { type Address, readAddress, type View, views } from './address.ts'
import { DeadLetters } from './dead-letters.ts'
import { Events } from './events.ts'
import { formatNumber, formatTime } from './format.ts'
import { Icon } from './icon.ts'
import { useSession } from './session.ts'
import { Setup } from './setup.ts'
import { Today } from './today.ts'
import { type Refreshed, useRefresh } from './use-refresh.ts'
import type { ViewProps } from './view-props.ts'

const SUMMARY_PERIOD = 10_000 // ms

/** The frame of the views: the header with the links, and messages that concern all of them. */
export function Shell({ onSignOut }: { onSignOut: () => void }) {
  const { api, isActive } = useSession()
  const address = useAddress()
  const summary = useRefresh((signal) => api.get<AdminSummary>('summary', {}, signal), SUMMARY_PERIOD)
  const main = useRef<HTMLElement>(null)
  const isFirst = useRef(true)

  useEffect(() => {
    if (isActive) document.title = `${views[address.view]} · Converge for TikTok`
  }, [address.view, isActive])

  useEffect(() => {
    // A screen reader then reads the new view. On the first load the browser's own order is right.
    if (!isFirst.current) main.current?.querySelector<HTMLElement>('h1')?.focus()
    isFirst.current = false
  }, [address.view])

  const dead = deadOf(summary.value)
  return html`<a class="skip" href="#main" onClick=${skipTo(main)}>Skip to the content</a>
    <header class="top">
      <p class="brand"><${Icon} name="mark" />Converge <span>for TikTok</span> <code>${summary.value?.pixelId}</code></p>
      <nav aria-label="Views">
        ${Object.entries(views).map(
          ([view, name]) => html`<a href=${`#${view}`} aria-current=${view === address.view ? 'page' : undefined}>
            ${name}${
              view === 'dead-letters' &&
              dead > 0 &&
              html` <span class="count" data-tone="bad">${formatNumber(dead)}</span>`
            }
          </a>`,
        )}
      </nav>
      <button type="button" class="button" onClick=${onSignOut}>Sign out</button>
    </header>
    <main id="main" ref=${main} tabindex="-1">
      <${Stale} summary=${summary} />
      <${viewOf[address.view]} summary=${summary} filters=${address.filters} />
    </main>`
}

const viewOf = { today: Today, events: Events, 'dead-letters': DeadLetters, setup: Setup } as const satisfies Record<
  View,
  (props: ViewProps) => unknown
>

const deadOf = (summary: AdminSummary | undefined): number =>
  Object.values(summary?.dead ?? {}).reduce((sum, count) => sum + count, 0)

const Stale = ({ summary: { problem, value } }: { summary: Refreshed<AdminSummary> }) =>
  html`<div role="alert">
    ${problem && html`<p class="notice" data-tone="bad">${problem}${value && ` The page shows the state of ${formatTime(value.now)}.`}</p>`}
  </div>`

/** A link to `#main` would change the view, which is in the hash. */
const skipTo = (main: { current: HTMLElement | null }) => (event: Event) => {
  event.preventDefault()
  main.current?.focus()
}

function useAddress(): Address {
  const [address, setAddress] = useState(() => readAddress(window.location.hash))
  // useEffect would run a moment after the page is shown, and miss a change of the address until then.
  useLayoutEffect(() => {
    const look = () => setAddress(readAddress(window.location.hash))
    window.addEventListener('hashchange', look)
    return () => window.removeEventListener('hashchange', look)
  }, [])
  return address
}
