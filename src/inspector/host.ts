import { attempt } from '../core/attempt.ts'

export const tagName = 'converge-inspector'

/** How often each panel may still be added again. */
const returns = new WeakMap<Element, number>()

/**
 * The panel's host element. It is beside the page's body, so a framework that replaces the body does not remove it. As a
 * popover it is above every z-index, and no transform of the page moves it.
 */
export function createHost({ document, customElements, HTMLElement }: Window & typeof globalThis): HTMLElement {
  if (!customElements.get(tagName))
    customElements.define(
      tagName,
      class extends HTMLElement {
        connectedCallback() {
          this.setAttribute('popover', 'manual')
          attempt(() => this.showPopover()) // older browsers use position and z-index
        }

        // A framework that rebuilds the whole document removes it. Add it again.
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
