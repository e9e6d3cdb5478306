import { Window as HappyWindow } from 'happy-dom'
import type { Consent, ConsentAdapter } from '../../src/types.ts'

export interface Visit {
  window: Window
  /** The globals of consent platforms. */
  page: Record<string, unknown>
  /** The decisions that the adapter reported, in order: marketing and analytics, `+` for granted. */
  told: string[]
  /** Reports that a script has loaded, which may contain a consent platform. */
  scriptLoads(src?: string): void
}

/** Starts an adapter in its own page. `prepare` sets up the page first. */
export function visit(adapter: ConsentAdapter, prepare: (page: Record<string, unknown>) => void = () => {}): Visit {
  const window: Window = Object(new HappyWindow({ url: 'https://www.shop.test/' }))
  const page: Record<string, unknown> = Object(window)
  const told: string[] = []
  prepare(page)
  adapter(window, (consent) => told.push(inWords(consent)))
  return {
    window,
    page,
    told,
    scriptLoads(src = 'https://cdn.test/any.js') {
      const script = addScript(window, src)
      script.dispatchEvent(new (Object(window).Event)('load'))
    },
  }
}

/** A script element, which is never fetched. */
export function addScript({ document }: Window, src: string): HTMLScriptElement {
  const script = document.createElement('script')
  script.type = 'text/plain'
  script.src = src
  return document.head.appendChild(script)
}

const signs = { granted: '+', denied: '-' }

function inWords({ marketing, analytics }: Consent): string {
  return `marketing ${marketing ? signs[marketing] : '?'} analytics ${analytics ? signs[analytics] : '?'}`
}
