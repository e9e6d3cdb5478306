/** What a developer asks for in a tab, by the address. */
export interface Flags {
  /** `?converge_debug` */
  isDebug: boolean
  /** TikTok's test_event_code, of `?converge_test=CODE`: up to 64 letters, digits, `-` and `_`. */
  testCode: string | undefined
}

const flag = /converge_(debug|test=([\w-]{1,64}))/.source

/** Reads the flags, and keeps them in the tab's name: that is no storage, and lasts for the next pages. */
export function readFlags(window: Window): Flags {
  const inAddress = new RegExp(`[?&]${flag}(?=[&=]|$)`).exec(window.location.search)
  // The inspector writes its place behind the flag.
  const inName = new RegExp(`^${flag}(?=&|$)`).exec(window.name)
  const found = inAddress ?? (inName && isNameOurs(window) ? inName : undefined)
  if (inAddress) window.name = inAddress[0].slice(1)
  else if (inName && !found) window.name = ''
  return { isDebug: found?.[1] === 'debug', testCode: found?.[2] }
}

/** Whoever opened the tab may have written its name. It is ours if a page of the shop was in this tab before. */
const isNameOurs = ({ opener, history, document, location }: Window): boolean =>
  !opener && history.length > 1 && `${document.referrer || location.origin}/`.startsWith(`${location.origin}/`)
