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
export function fillCvg(window: Window, converge: Partial<ConvergeGlobal>): void {
  const cvg: Cvg = window.cvg ?? ((call) => cvg.process?.(call))
  window.cvg = cvg
  if (cvg.process) return

  /** Carries the click id over to a domain's links. */
  const linkDomain = (domains: string) =>
    window.document.addEventListener(
      'click',
      ({ target }) =>
        attempt(() => {
          const link: HTMLAnchorElement = Object(target).closest('a[href]')
          const url = new URL(link.href)
          const ttclid = converge.context?.()?.ttclid
          if (ttclid && domains.split(',').some((domain) => `.${url.hostname}`.endsWith(`.${domain}`))) {
            url.searchParams.set('ttclid', ttclid)
            link.href = url.href
          }
        }),
      true,
    )

  cvg.process = (given) =>
    attempt(() => {
      // A stub may pass on its `arguments` as they are.
      const call = Object(given)
      const { method, eventName, event, eventID, eventId, properties, ...rest } = Object(call.method ? call : call[0])
      if (/^(track|event|forward)$/.test(method)) {
        const forward = method === 'forward' ? 'client' : undefined
        converge.track?.(eventName ?? event, properties, { ...rest, eventID: eventID ?? eventId, forward })
      } else if (method === 'set') converge.set?.({ profileProperties: properties, ...rest })
      else if (method === 'consent') converge.consent?.(rest)
      else if (method === 'link_domain') linkDomain(String(rest.domain ?? rest.domains))
    }, console.error)

  for (const call of cvg.queue ?? []) cvg.process(call)
}
