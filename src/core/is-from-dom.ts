/**
 * True for what HTML can put into a global: an element with that `id` or `name`, a collection of two, or the window of
 * an iframe. https://html.spec.whatwg.org/multipage/nav-history-apis.html#named-access-on-the-window-object
 */
export function isFromDom(value: unknown): boolean {
  try {
    // A window of another origin has no tag of its own, and throws at any name.
    Reflect.get(Object(value), 'q')
    return /^\[object (HTML|Window)/.test(Object.prototype.toString.call(value))
  } catch {
    return true
  }
}
