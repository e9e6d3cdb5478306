import { attempt } from '../core/attempt.ts'
import type { PageContext } from '../types.ts'
import { config, document, location } from './instance.ts'
import { place, prefix } from './storage.ts'

const THIRTY_DAYS = 2_592_000 // s: the pixel's own cookie forgets a click after one day

const { context, domain = '' } = config
const cookie = `${prefix}ttclid`
// Where the landing page was left before the visitor consented, the next page's referrer still knows.
const referrer = document.referrer.startsWith(`${location.origin}/`) ? document.referrer : ''
const ttclid = context?.ttclid ?? /[?&]ttclid=([\w.-]+)/.exec(`${location.search}&${referrer}`)?.[1]

const readCookie = (name: string) => attempt(() => new RegExp(`\\b${name}=([^;]+)`).exec(place.document.cookie)?.[1])

const writeCookie = (seconds: number) =>
  attempt(() => {
    place.document.cookie = `${cookie}=${ttclid};path=/;max-age=${seconds};domain=${domain}`
  })

/** Where the visitor is and came from, as far as it may be known without consent. */
export const about = () => ({ url: location.href, referrer: document.referrer, ...context })

/** TikTok's click id, and its own visitor id. */
export const ids = (): Pick<PageContext, 'ttclid' | 'ttp'> => ({
  ttclid: ttclid ?? readCookie(cookie),
  ttp: context?.ttp ?? readCookie('_ttp'),
})

/** Keeps the click for 30 days. */
export const keepClick = () => ttclid && writeCookie(THIRTY_DAYS)

export const forgetClick = () => writeCookie(0)
