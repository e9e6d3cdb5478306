const shape =
  /^(?<date>\d{4}-\d\d-\d\d)(?:[T ]+(?<clock>\d\d:\d\d)(?::(?<seconds>\d\d(?:\.\d{1,9})?))?)?(?: ?(?<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?$/i

/** Valid times, in words. */
export const validTime = 'a date such as 2024-05-01 12:34:56 +0200, or Unix seconds'

export type ReadTime = { time: number } | 'no zone' | 'invalid'

/**
 * Reads when an order was placed, in milliseconds since 1970: ISO 8601, Shopify's form with a space, or Unix seconds. Day and
 * month in another order are not read, because nobody knows which is which.
 *
 * @param timezone of times that name no zone, such as `Europe/Berlin`
 */
export function readTime(text: string, timezone: string | undefined): ReadTime {
  if (/^\d{9,10}$/.test(text)) return { time: Number(text) * 1000 }
  if (/^\d{12,13}$/.test(text)) return { time: Number(text) }
  const { date, clock = '00:00', seconds = '00', zone } = shape.exec(text)?.groups ?? {}
  const local = Date.parse(`${date}T${clock}:${seconds}Z`)
  // Date.parse accepts February 30.
  if (!date || Number.isNaN(local) || new Date(local).toISOString().slice(0, 10) !== date) return 'invalid'
  if (zone) return { time: local - offsetOf(zone) }
  return timezone === undefined ? 'no zone' : { time: toUtc(local, timezone) }
}

/** Milliseconds of a zone such as `+02:00`. */
function offsetOf(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? []
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000
  return sign === '-' ? -offset : offset
}

function toUtc(local: number, timezone: string): number {
  // The offset depends on the time itself. The second step is right on the days when the clocks change.
  const guess = local - offsetAt(local, timezone)
  return local - offsetAt(guess, timezone)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset', hour: 'numeric' })
  formats.set(timezone, format)
  return format
}

function offsetAt(time: number, timezone: string): number {
  const name = formatOf(timezone)
    .formatToParts(time)
    .find(({ type }) => type === 'timeZoneName')?.value
  return offsetOf(name?.replace('GMT', '') ?? '')
}

/** True for a time zone that this machine knows, such as `Europe/Berlin`. */
export function isTimezone(name: string): boolean {
  try {
    return formatOf(name) !== undefined
  } catch {
    return false
  }
}
