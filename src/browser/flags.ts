/** Developer options of a tab, set in the URL. */
export interface Flags {
  /** `?converge_debug` */
  isDebug: boolean
  /** TikTok's test_event_code from `?converge_test=CODE`: up to 64 letters, digits, `-` and `_`. */
  testCode: string | undefined
}

const flag = /converge_(debug|test=([\w-]{1,64}))/.source

/** Reads the flags, and keeps them in the tab's name, which lasts for the next pages without storage. */
export function readFlags(window: Window): Flags {
  const inAddress = new RegExp(`[?&]${flag}(?=[&=]|$)`).exec(window.location.search)
  // The inspector appends its position to the flag.
  const inName = new RegExp(`^${flag}(?=&|$)`).exec(window.name)
  const found = inAddress ?? (inName && isNameOurs(window) ? inName : undefined)
  if (inAddress) window.name = inAddress[0].slice(1)
  else if (inName && !found) window.name = ''
  return { isDebug: found?.[1] === 'debug', testCode: found?.[2] }
}

/** The opener of a tab may have set its name. Trust it only if the previous page in this tab was a page of the shop. */
const isNameOurs = ({ opener, history, document, location }: Window): boolean =>
  !opener && history.length > 1 && `${document.referrer || location.origin}/`.startsWith(`${location.origin}/`)
