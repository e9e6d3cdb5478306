import type { ConvergeGlobal } from '../types.ts'

/** Converge's own global. Calls have the form `cvg({ method, … })`, and the stub queues them until `process` exists. */
interface Cvg {
  (call: unknown): void
  queue?: ArrayLike<unknown>[]
  process?: (call: unknown) => void
}

declare global {
  interface Window {
    cvg?: Cvg
  }
}

/** Handles calls of shops that already use Converge's API. Does nothing if the real Converge library is on the page. */
export function fillWindowCvg(window: Window, converge: ConvergeGlobal): void {
  function process(given: unknown): void {
    try {
      // A stub may pass its `arguments` object.
      perform(window, converge, { ...Object(given)[0], ...Object(given) })
    } catch (error) {
      console.error(error)
    }
  }

  // `window.cvg` may be a DOM element or the window of an iframe.
  const cvg: Cvg = typeof window.cvg === 'function' ? window.cvg : process
  window.cvg = cvg
  if (cvg.process) return
  cvg.process = process
  for (const call of cvg.queue ?? []) process(call)
}

function perform(window: Window, converge: ConvergeGlobal, call: Record<string, unknown>): void {
  const { method, eventName, event, eventID, eventId, properties, domain, domains } = call
  switch (method) {
    case 'track':
    case 'event':
    case 'forward':
      converge.q.push(['track', eventName ?? event, properties, { ...call, eventID: eventID ?? eventId }])
      break
    case 'set':
    case 'consent':
      converge.q.push([method, { profileProperties: properties, ...call }])
      break
    case 'link_domain':
      linkDomains(window, converge, [domain ?? domains].flat().map(String))
      break
    // Other methods of Converge's own script, such as `set_endpoint`, have no effect here.
  }
}

/** Adds the click ID to links to these domains. */
function linkDomains(window: Window, converge: ConvergeGlobal, domains: readonly string[]): void {
  function addClickId({ target }: MouseEvent): void {
    const link = target instanceof Element ? target.closest('a') : null
    const ttclid = converge.context()?.ttclid
    if (!link || !ttclid || !domains.some((domain) => `.${link.hostname}`.endsWith(`.${domain}`))) return
    const others = link.search.replace('?', '&').replace(/&ttclid=[^&]*/, '')
    link.search = `?ttclid=${ttclid}${others}`
  }
  window.addEventListener('click', addClickId, true)
}
