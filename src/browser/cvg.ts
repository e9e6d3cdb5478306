import { attempt } from '../core/attempt.ts'
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
export function fillCvg(window: Window, converge: ConvergeGlobal): void {
  /** Carries the click id over to a domain's links. */
  const linkDomain = (domains: unknown) =>
    window.document.addEventListener(
      'click',
      ({ target }) =>
        attempt(() => {
          const link: HTMLAnchorElement = Object(target).closest('a')
          const ttclid = converge.context()?.ttclid
          if (ttclid && [domains].flat().some((domain) => `.${link.hostname}`.endsWith(`.${domain}`))) {
            const others = link.search.replace('?', '&').replace(/&ttclid=[^&]*/, '')
            link.search = `?ttclid=${ttclid}${others}`
          }
        }),
      true,
    )

  const process: Cvg = (given) =>
    attempt(() => {
      // A stub may pass on its `arguments` as they are.
      const call = { ...Object(given)[0], ...Object(given) }
      const { eventName, event, eventID, eventId, properties, domain, domains } = call
      const method: 'set' | 'consent' = call.method
      if (/^(track|event|forward)$/.test(method))
        converge.track(eventName ?? event, properties, { ...call, eventID: eventID ?? eventId })
      else if (/^(set|consent)$/.test(method)) converge[method]({ profileProperties: properties, ...call })
      else if (/^link_domain$/.test(method)) linkDomain(domain ?? domains)
    }, console.error)

  window.cvg ??= process
  const { cvg } = window
  if (cvg.process) return
  cvg.process = process
  cvg.queue?.forEach(process)
}
