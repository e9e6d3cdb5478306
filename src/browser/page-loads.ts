/** Calls back after each navigation within the page: not for a hash, nor for a replacement that keeps the path. */
export function onNavigation({ addEventListener, history, location }: Window, callback: () => void): void {
  let { pathname, search } = location

  function look(isReplaced: boolean): void {
    const isSame = location.pathname === pathname && (isReplaced || location.search === search)
    ;({ pathname, search } = location)
    if (!isSame) callback()
  }

  // The Navigation API is missing in browsers of 2025.
  for (const method of ['pushState', 'replaceState'] as const) {
    const original = history[method]
    history[method] = (...parameters) => {
      original.apply(history, parameters)
      look(method === 'replaceState')
    }
  }
  addEventListener('popstate', () => look(false))
}
