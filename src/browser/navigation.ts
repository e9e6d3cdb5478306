import { isFromDom } from '../core/is-from-dom.ts'

/** Calls back after each navigation within the page, except a new hash or a replacement that keeps the path. */
export function onNavigation(window: Window, callback: () => void): void {
  const { history, location, navigation } = window
  let { pathname, search } = location

  function look(kind: unknown): void {
    const isSame = location.pathname === pathname && (/^replace/.test(String(kind)) || location.search === search)
    ;({ pathname, search } = location)
    if (!isSame) callback()
  }

  // In a browser without `navigation`, a DOM element may have this ID.
  if (navigation && !isFromDom(navigation)) {
    // Routers that intercept its `navigate` event do not call history methods.
    navigation.addEventListener('currententrychange', ({ navigationType }) => look(navigationType))
    return
  }
  for (const method of ['pushState', 'replaceState'] as const) {
    const original = history[method]
    history[method] = (...parameters) => {
      original.apply(history, parameters)
      look(method)
    }
  }
  window.addEventListener('popstate', look)
}
