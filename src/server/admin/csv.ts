import type { AdminLine } from './admin-api.ts'

const columns = {
  time: ({ time }) => new Date(time).toISOString(),
  source: ({ source }) => source,
  channel: ({ channel }) => channel,
  event_name: ({ eventName }) => eventName,
  tiktok_event: ({ event }) => event,
  event_id: ({ event_id }) => event_id,
  order_id: ({ order_id }) => order_id,
  status: ({ status }) => status,
  reason: ({ reason }) => reason,
  code: ({ code }) => code,
  message: ({ message }) => message,
  match_keys: ({ matchKeys }) => matchKeys.join(' '),
  value: ({ value }) => value,
  currency: ({ currency }) => currency,
  attempts: ({ attempts }) => attempts,
  sent: ({ sent }) => (sent === undefined ? undefined : new Date(sent).toISOString()),
} as const satisfies Record<string, (line: AdminLine) => string | number | undefined>

export const csvHead = `${Object.keys(columns).join(',')}\r\n`

/** One line as CSV (RFC 4180). */
export function toCsv(line: AdminLine): string {
  return `${Object.values(columns)
    .map((read) => toCell(read(line)))
    .join(',')}\r\n`
}

/** A spreadsheet executes text that starts with one of these. A leading apostrophe makes it plain text. */
const formula = /^[\s]*[=+\-@]|^[\t\r\n]/

function toCell(value: string | number | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = formula.test(value) ? `'${value}` : value
  return /[",\r\n\t]|^\s|\s$|^'/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
