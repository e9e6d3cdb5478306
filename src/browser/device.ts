import { attempt } from '../core/attempt.ts'
import { orderEvents } from '../core/default-mapping.ts'
import type { Config, ConvergeEvent, PageContext } from '../types.ts'

type Order = Pick<ConvergeEvent, 'eventName' | 'eventID'>

export interface Device {
  read(key: string): unknown
  /** What does not fit, or may not be kept, is not. */
  write(key: string, value: unknown): void
  remove(key: string): void
  /** Our keys that begin so. */
  keys(start: string): string[]
  /** Whether this visitor's pages have sent an order: TikTok itself forgets an event_id after 48 hours. */
  isSent(event: Order): unknown
  setSent(event: Order): void
  /** TikTok's click id, and its own visitor id. */
  ids(): Pick<PageContext, 'ttclid' | 'ttp'>
  /** Keeps what stands for this page alone so far, and drops what has become too old or too much. */
  tidy(): void
  /** Nothing of ours is left. */
  erase(): void
}

const THIRTY_DAYS = 2_592_000 // s: the pixel's own cookie forgets a click after one day
const NINETY_DAYS = 7_776_000_000 // ms
const MOST = 200

/**
 * What we keep with the visitor: in the page's localStorage below a prefix of ours, each order by a key of its own, and
 * the click id in a cookie. A sandboxed page's throw, and it says itself what it knows: there is nothing there then.
 */
export function openDevice(window: Window, { pixelId, domain = '', context }: Config, mayUse: () => unknown): Device {
  const prefix = `converge.${pixelId}.`
  const cookie = `${prefix}ttclid`
  const { location, document } = window
  const jar = context ? { cookie: '' } : document
  // Where the landing page was left before the visitor consented, the next page's referrer still knows.
  const urls = [location.href, document.referrer].filter((url) => url.startsWith(`${location.origin}/`))
  const ttclid = context?.ttclid ?? /[?&]ttclid=([\w.-]+)/.exec(urls.join())?.[1]

  const use = <Answer>(task: (storage: Storage) => Answer) =>
    attempt(() => (context ? undefined : task(window.localStorage)))
  const read = (key: string) => use((storage) => JSON.parse(String(storage.getItem(prefix + key))))
  // The visitor's decision alone may always be kept.
  const write = (key: string, value: unknown) =>
    use((storage) => (key === 'consent' || mayUse()) && storage.setItem(prefix + key, JSON.stringify(value)))
  const remove = (key: string) => use((storage) => storage.removeItem(prefix + key))
  const keys = (start: string) =>
    use((storage) =>
      Object.keys(storage).flatMap((key) => (key.startsWith(prefix + start) ? key.slice(prefix.length) : [])),
    ) ?? []

  const isOrder = ({ eventName }: Order) => orderEvents.includes(eventName)
  const keyOf = ({ eventName, eventID }: Order) => `sent.${eventName}.${eventID}`
  const ageOf = (key: string) => Date.now() - Number(read(key))

  const readCookie = (name: string) => attempt(() => new RegExp(`(^| )${name}=([^;]+)`).exec(jar.cookie)?.[2])
  const writeCookie = (value: unknown, seconds: number) =>
    attempt(() => {
      jar.cookie = `${cookie}=${value};path=/;samesite=lax;max-age=${seconds};domain=${domain}`
    })

  return {
    read,
    write,
    remove,
    keys,
    isSent: (event) => isOrder(event) && read(keyOf(event)),
    setSent: (event) => isOrder(event) && write(keyOf(event), Date.now()),
    ids: () => ({ ttclid: ttclid ?? readCookie(cookie), ttp: context?.ttp ?? readCookie('_ttp') }),
    tidy() {
      if (ttclid) writeCookie(ttclid, THIRTY_DAYS)
      keys('sent.')
        .sort((a, b) => ageOf(a) - ageOf(b))
        .filter((key, index) => index >= MOST || ageOf(key) > NINETY_DAYS)
        .forEach(remove)
    },
    erase() {
      keys('').forEach(remove)
      writeCookie('', 0)
    },
  }
}
