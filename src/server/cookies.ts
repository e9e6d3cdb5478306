import { clickIdCookie, cookieAge, visitorCookie } from '../core/cookies.ts'
import { cookieDomain } from '../core/domain.ts'
import type { ForwarderConfig } from './forwarder-config.ts'
import type { Intake } from './intake.ts'

/** The forwarder's cookies, which Safari keeps longer than those that a script sets. */
export interface Cookies {
  /** The values of `Set-Cookie` for the answer to a page. `now` is in milliseconds since 1970. */
  toSet(request: Request, wanted: Intake['cookies'], now: number): string[]
}

const DAY = 86_400_000 // ms

/** Whether the forwarder sets cookies: by default with a store. They need the shop's domain. */
const hasCookies = ({ cookies, store, domain }: Pick<ForwarderConfig, 'cookies' | 'store' | 'domain'>): boolean =>
  (cookies ?? store !== undefined) && cookieDomain(domain) !== undefined

/** Returns `undefined` if the config sets no cookies. */
export function createCookies(config: ForwarderConfig): Cookies | undefined {
  const domain = cookieDomain(config.domain)
  if (domain === undefined || !hasCookies(config)) return undefined
  const write = (name: string, value: string, seconds: number) =>
    `${name}=${value}; Domain=${domain}; Path=/; Max-Age=${seconds}; Secure; SameSite=Lax`
  return {
    toSet(request, wanted, now) {
      if (!wanted || !isOfShop(request, domain)) return []
      if (wanted === 'expired') return [visitorCookie, clickIdCookie].map((name) => write(name, '', 0))
      const { visitor, ttclid } = wanted
      const header = request.headers.get('cookie') ?? ''
      // The value ends with the time when it was set, because a request does not tell a cookie's age.
      const keep = (name: string, value: string) => write(name, `${value}.${now}`, cookieAge)
      const isToday = (time: number) => time <= now && now - time < DAY
      return [
        ...(visitor && !timesOf(header, visitorCookie, visitor).some(isToday) ? [keep(visitorCookie, visitor)] : []),
        // Set once, so that it ends 30 days after the click.
        ...(ttclid && !timesOf(header, clickIdCookie, ttclid).length ? [keep(clickIdCookie, ttclid)] : []),
      ]
    },
  }
}

/** The times at which this forwarder has set a cookie to a value. A cookie that a script has set has no time. */
function timesOf(header: string, name: string, value: string): number[] {
  const start = `${name}=${value}.`
  return header.split(/; */).flatMap((cookie) => {
    const time = cookie.startsWith(start) ? cookie.slice(start.length) : ''
    return /^\d{13}$/.test(time) ? [Number(time)] : []
  })
}

/** Whether a browser accepts a cookie of this domain: the page is on the domain, and the forwarder on its site. */
function isOfShop({ headers }: Request, domain: string): boolean {
  const origin = headers.get('origin') ?? ''
  const { hostname } = URL.canParse(origin) ? new URL(origin) : { hostname: '' }
  return `.${hostname}`.endsWith(`.${domain}`) && headers.get('sec-fetch-site') !== 'cross-site'
}
