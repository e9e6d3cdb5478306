import type { ConvergeGlobal } from '../types.ts'

/** Converge's own global: calls it takes as `cvg({ method, … })`, queued by a stub until `process` is there. */
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

/** Answers shops that call Converge already. A real Converge that is there is left alone. */
export function fillWindowCvg(window: Window, converge: ConvergeGlobal): void {
  function process(given: unknown): void {
    try {
      // A stub may pass on its `arguments` as they are.
      perform(window, converge, { ...Object(given)[0], ...Object(given) })
    } catch (error) {
      console.error(error)
    }
  }

  // The DOM may have put something there: an element, or the window of an iframe.
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
    // Other methods of Converge's own script, such as `set_endpoint`, mean nothing here.
  }
}

/** Carries the click id over to links that lead to these domains. */
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
