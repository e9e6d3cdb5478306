// The visitor of the demo, in this browser: cookies, storage, and the answer to the banner.

const ofTracking = /^(_ttp|_tt_enable_cookie|ttclid|converge\..*)$/

const cookieNames = () => document.cookie.split('; ').map((pair) => pair.split('=')[0])

/** Cookies of TikTok and Converge. The shop's own cart and banner are not counted. */
export const trackingCookies = () => cookieNames().filter((name) => ofTracking.test(name))

export const consent = () => /(?:^|; )shop_consent=(\w+)/.exec(document.cookie)?.[1] ?? ''

export function setConsent(answer) {
  const age = answer ? 31536000 : 0
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers of 2025
  document.cookie = `shop_consent=${answer};path=/;max-age=${age};samesite=lax`
}

/** Makes the browser look like a new visitor's. */
export function forget() {
  for (const name of [...trackingCookies(), 'shop_consent']) {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers of 2025
    document.cookie = `${name}=;path=/;max-age=0`
  }
  for (const key of Object.keys(localStorage)) if (key.startsWith('converge.')) localStorage.removeItem(key)
}

export const post = (path, value = {}) => fetch(path, { method: 'POST', body: JSON.stringify(value) })
