const listeners = new Set()
let source
let latest

/** Calls the listener with news while the page is visible. A browser has six connections per host, and a stream takes one. */
export function watch(listener) {
  listeners.add(listener)
  if (latest) listener(latest)
}

function look() {
  source?.close()
  source = document.hidden ? undefined : new EventSource('/demo/stream')
  source?.addEventListener('message', ({ data }) => {
    latest = JSON.parse(data)
    for (const listener of listeners) listener(latest)
  })
}

document.addEventListener('visibilitychange', look)
addEventListener('pagehide', () => source?.close())
addEventListener('pageshow', ({ persisted }) => persisted && look())
look()
