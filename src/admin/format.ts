// Numbers, times and amounts for people. The page is in English, so its numbers are too. Times are in the browser's time zone.

const number = new Intl.NumberFormat('en')
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 })
const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const time = new Intl.DateTimeFormat('en', { ...clock, second: '2-digit' })
const dateAndTime = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', ...clock, second: '2-digit' })
const hour = new Intl.DateTimeFormat('en', clock)
const day = new Intl.DateTimeFormat('en', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })

export const formatNumber = (value: number): string => number.format(value)
export const formatShare = (share: number): string => percent.format(share)
export const formatTime = (at: number): string => time.format(at)
export const formatHour = (at: number): string => hour.format(at)
/** A day in UTC, because the forwarder counts by days in UTC. */
export const formatDay = (at: number): string => day.format(at)

/** Today's time, or date and time. */
export function formatMoment(at: number, now: number): string {
  return new Date(at).toDateString() === new Date(now).toDateString() ? formatTime(at) : dateAndTime.format(at)
}

export const formatDateTime = (at: number): string => dateAndTime.format(at)

/** An amount. Currencies come from events, so one may be unknown or not a currency at all. */
export function formatMoney(value: number, currency: string): string {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).format(value)
  } catch {
    return `${number.format(value)} ${currency}`.trim()
  }
}

const units = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const

/** A duration in seconds, as its two largest units: `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 60) return `${number.format(Math.round(seconds * 10) / 10)} s`
  let rest = Math.round(seconds)
  const parts = units.flatMap(([size, unit]) => {
    const count = Math.floor(rest / size)
    rest %= size
    return count ? [`${count} ${unit}`] : []
  })
  return parts.slice(0, 2).join(' ')
}

const sizes = ['B', 'kB', 'MB', 'GB', 'TB'] as const

export function formatBytes(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), sizes.length - 1)
  const value = bytes / 1000 ** step
  return `${number.format(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} ${sizes[step]}`
}

/** `1 event`, `2 events`. */
export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${number.format(count)} ${count === 1 ? one : many}`
