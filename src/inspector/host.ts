import { attempt } from '../core/attempt.ts'

export const tagName = 'converge-inspector'

export interface Host extends HTMLElement {
  /** Takes it away for good. */
  close(): void
}

const MOST_RETURNS = 10

/**
 * The element that the panel lives in, beside the page's body: what a framework does to that is no matter. As a popover
 * it lies above every z-index, and no transform of the page's moves it.
 */
export function createHost({ document, customElements, HTMLElement }: Window & typeof globalThis): Host {
  class ConvergeInspector extends HTMLElement {
    isClosed = false
    returns = 0

    connectedCallback() {
      this.setAttribute('popover', 'manual')
      attempt(() => this.showPopover()) // where there is none, position and z-index have to do
    }

    // A framework that builds the whole document anew takes it along.
    disconnectedCallback() {
      if (this.isClosed || ++this.returns > MOST_RETURNS) return
      Promise.resolve().then(() => this.isConnected || document.documentElement?.append(this))
    }

    close() {
      this.isClosed = true
      this.remove()
    }
  }

  // A page may have brought the inspector twice: the name is taken then, and an element of the same kind is made.
  const Known = customElements.get(tagName)
  if (!Known) customElements.define(tagName, ConvergeInspector)
  const host: Host = Known ? Object(new Known()) : new ConvergeInspector()
  document.documentElement.append(host)
  return host
}
