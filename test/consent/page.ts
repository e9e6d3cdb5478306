import { Window as HappyWindow } from 'happy-dom'
import type { Consent, ConsentAdapter } from '../../src/types.ts'

export interface Visit {
  window: Window
  /** Whatever a platform hangs on its window. */
  page: Record<string, unknown>
  /** The decisions that the adapter reported, in order: marketing and analytics, `+` for granted. */
  told: string[]
  /** A script has come: another party's, which may have brought a platform. */
  scriptLoads(src?: string): void
}

/** An adapter in a page of its own. `prepare` is what stood there before it. */
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

/** A script's element; none is fetched here. */
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
