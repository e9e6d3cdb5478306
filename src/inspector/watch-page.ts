import { attempt } from '../core/attempt.ts'
import type { Script } from './culprits.ts'

/** What the browser reports about a page. It wraps none of the page's functions. */
export interface PageWatch {
  ttq(): unknown
  scripts(): Script[]
  /** The number of requests that TikTok's pixel has sent. */
  hits(): number
  /** The directives of the page's policy that blocked something of TikTok's. */
  refusedBy(): string[]
  stop(): void
}

const isHit = (url: string) => /\/api\/v2\/pixel(\?|$)/.test(url)

/** Watches for new scripts and requests. Calls `notify` when there may be something new. */
export function watchPage(window: Window & typeof globalThis, notify: () => void): PageWatch {
  const { document, PerformanceObserver, ReportingObserver } = window
  const directives = new Set<string>()
  const scriptList = document.getElementsByTagName('script')
  let hits = 0

  function note(directive: unknown, url: unknown, disposition: unknown): void {
    if (disposition !== 'enforce' || !/^https:\/\/analytics\.(us\.)?tiktok\.com/.test(String(url))) return
    directives.add(String(directive).replace(/-elem$/, ''))
    notify()
  }
  const onViolation = ({ effectiveDirective, blockedURI, disposition }: SecurityPolicyViolationEvent) =>
    note(effectiveDirective, blockedURI, disposition)

  const resources = attempt(() => {
    const observer = new PerformanceObserver((list) => {
      const names = list.getEntries().map((entry) => entry.name)
      hits += names.filter(isHit).length
      if (names.some((name) => isHit(name) || /\.js\b/.test(name))) notify()
    })
    observer.observe({ type: 'resource', buffered: true })
    return observer
  })
  // Only Chromium reports violations that happened before this.
  const reports = attempt(() => {
    const observer = new ReportingObserver(
      (found) => {
        for (const { body } of found) {
          const { effectiveDirective, blockedURL, disposition } = Object(body)
          note(effectiveDirective, blockedURL, disposition)
        }
      },
      { types: ['csp-violation'], buffered: true },
    )
    observer.observe()
    return observer
  })
  document.addEventListener('securitypolicyviolation', onViolation)
  window.addEventListener('load', notify)

  return {
    ttq: () => Reflect.get(window, window.TiktokAnalyticsObject ?? 'ttq'),
    scripts: () => Array.from(scriptList, ({ src, textContent }) => ({ src, text: src ? '' : (textContent ?? '') })),
    hits: () => hits,
    refusedBy: () => [...directives],
    stop() {
      resources?.disconnect()
      reports?.disconnect()
      document.removeEventListener('securitypolicyviolation', onViolation)
      window.removeEventListener('load', notify)
    },
  }
}
