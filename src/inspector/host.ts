import { attempt } from '../core/attempt.ts'

export const tagName = 'converge-inspector'

/** How often each may still come back. */
const returns = new WeakMap<Element, number>()

/**
 * The element that the panel lives in, beside the page's body: what a framework does to that is no matter. As a popover
 * it lies above every z-index, and no transform of the page's moves it.
 */
export function createHost({ document, customElements, HTMLElement }: Window & typeof globalThis): HTMLElement {
  if (!customElements.get(tagName))
    customElements.define(
      tagName,
      class extends HTMLElement {
        connectedCallback() {
          this.setAttribute('popover', 'manual')
          attempt(() => this.showPopover()) // where there is none, position and z-index have to do
        }

        // A framework that builds the whole document anew takes it along.
        disconnectedCallback() {
          const left = returns.get(this)
          if (!left) return
          returns.set(this, left - 1)
          Promise.resolve().then(() => this.isConnected || document.documentElement?.append(this))
        }
      },
    )
  const host = document.createElement(tagName)
  returns.set(host, 10)
  document.documentElement.append(host)
  return host
}

export function removeHost(host: HTMLElement): void {
  returns.delete(host)
  host.remove()
}
