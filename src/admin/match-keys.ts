import { html } from 'htm/preact'
import type { AdminPeriod, AdminSummary } from '../server/admin/admin-api.ts'
import type { LogChannel } from '../store/event-log.ts'
import { formatCount, formatDuration, formatNumber, formatShare } from './format.ts'
import { channelNames } from './statuses.ts'

/** The keys that matter most. They are shown even if no event has them. */
export const mainKeys = ['email', 'phone', 'external_id', 'ttclid', 'ttp', 'ip', 'user_agent']

/** The bars show at a glance which keys the shop should add. */
export function MatchKeys({ matchKeys: { events, orders, share } }: Pick<AdminSummary, 'matchKeys'>) {
  const shown = Object.entries(share).filter(([key, { events }]) => events > 0 || mainKeys.includes(key))
  const keys = shown.sort(([, a], [, b]) => b.orders - a.orders || b.events - a.events)
  return html`<section class="card" aria-labelledby="match-keys">
    <h2 id="match-keys">Match keys</h2>
    <p class="hint">
      The share of the last 24 hours’ ${formatCount(orders, 'order')} and ${formatCount(events, 'event')} that carried each key.
      TikTok needs them to find the person who clicked an ad.
    </p>
    <table class="bars">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Orders</th>
          <th scope="col">All events</th>
        </tr>
      </thead>
      <tbody>
        ${keys.map(
          ([key, { orders, events }]) => html`<tr key=${key}>
            <th scope="row"><code>${key}</code></th>
            <td><${Bar} share=${orders} /></td>
            <td><${Bar} share=${events} /></td>
          </tr>`,
        )}
      </tbody>
    </table>
  </section>`
}

const Bar = ({ share }: { share: number }) => html`<span class="bar">
  <span class="track" aria-hidden="true"><i style=${{ width: `${Math.min(100, Math.max(0, share * 100))}%` }}></i></span>
  <span>${formatShare(share)}</span>
</span>`

const channels = Object.entries(channelNames)

interface ChannelProps {
  hours: readonly AdminPeriod[]
  delivery: AdminSummary['delivery']
}

/** Where the events of the last 24 hours came from, and how fast they were delivered. */
export function Channels({ hours, delivery }: ChannelProps) {
  const count = (channel: string) =>
    hours.reduce((sum, { channels }) => sum + (isChannel(channel) ? channels[channel] : 0), 0)
  const total = channels.reduce((sum, [channel]) => sum + count(channel), 0)
  return html`<section class="card" aria-labelledby="delivery">
    <h2 id="delivery">Origin and delivery</h2>
    <div class="shares" aria-hidden="true">
      ${
        total > 0 &&
        channels.map(
          ([channel]) =>
            html`<i data-channel=${channel} style=${{ flexGrow: count(channel), display: count(channel) ? '' : 'none' }}></i>`,
        )
      }
    </div>
    <ul class="legend">
      ${channels.map(
        ([channel, name]) => html`<li>
          <i data-channel=${channel}></i>${name} <b>${formatNumber(count(channel))}</b> ${total > 0 && formatShare(count(channel) / total)}
        </li>`,
      )}
    </ul>
    <p>
      ${
        delivery
          ? html`Half of the events reach TikTok within <b>${formatDuration(delivery.p50 / 1000)}</b> (p50), and 99 % within
              <b> ${formatDuration(delivery.p99 / 1000)}</b> (p99).`
          : 'No event was sent in the last 24 hours.'
      }
    </p>
  </section>`
}

const isChannel = (name: string): name is LogChannel => Object.hasOwn(channelNames, name)
