// The cookies of a page and its forwarder. Both are readable by scripts.

/** TikTok's click ID. TikTok's own cookie expires after one day. */
export const clickIdCookie = 'converge.ttclid'
/** The visitor's ID. Only a forwarder sets it. */
export const visitorCookie = 'converge.visitor'

/** Seconds that both are kept: 30 days. */
export const cookieAge = 2_592_000

/** Removes the time in milliseconds that a forwarder appends to its cookies, and TikTok's pixel to its own. */
export const withoutTime = (value: string | undefined): string | undefined => value?.replace(/\.\d{13}$/, '')
