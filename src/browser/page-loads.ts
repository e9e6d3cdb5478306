/** Calls back after each navigation within the page: not for a hash, nor for a replacement that keeps the path. */
export function onNavigation(window: Window, callback: () => void): void {
  const { history, location, navigation } = window
  let { pathname, search } = location

  function look(isReplaced: boolean): void {
    const isSame = location.pathname === pathname && (isReplaced || location.search === search)
    ;({ pathname, search } = location)
    if (!isSame) callback()
  }

  if (navigation) {
    // Routers that intercept its `navigate` event call no method of history's.
    navigation.addEventListener('currententrychange', ({ navigationType }) => look(navigationType === 'replace'))
    return
  }
  for (const method of ['pushState', 'replaceState'] as const) {
    const original = history[method]
    history[method] = (...parameters) => {
      original.apply(history, parameters)
      look(method === 'replaceState')
    }
  }
  window.addEventListener('popstate', () => look(false))
}
