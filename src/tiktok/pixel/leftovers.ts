/**
 * Removes data that TikTok's pixel keeps after a denial (measured with pixel 2.2.1). These are the cookies `ttcsid` and
 * `ttcsid_<pixel ID>`, and session storage keys that start with `tt_`. `_tt_enable_cookie=0` is kept, because the pixel stores
 * the denial in it.
 */
export function removeLeftovers(window: Window, pixelIds: readonly string[]): void {
  try {
    const { document, location } = window
    const names = ['ttcsid', ...pixelIds.map((id) => `ttcsid_${id}`)]
    const labels = location.hostname.split('.')
    for (const name of names) {
      const expired = `${name}=;path=/;max-age=0`
      document.cookie = expired
      // The pixel sets them for the widest domain that the browser allows.
      for (let first = 0; first < labels.length - 1; first++) {
        document.cookie = `${expired};domain=${labels.slice(first).join('.')}`
      }
    }
    for (const key of Object.keys(window.sessionStorage)) {
      if (key.startsWith('tt_')) window.sessionStorage.removeItem(key)
    }
  } catch {
    // Cookies and storage throw on a sandboxed page.
  }
}
