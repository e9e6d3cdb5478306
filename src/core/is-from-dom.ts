/**
 * Whether a global comes from HTML: an element with that `id` or `name`, a collection of such elements, or the window of an
 * iframe. https://html.spec.whatwg.org/multipage/nav-history-apis.html#named-access-on-the-window-object
 */
export function isFromDom(value: unknown): boolean {
  try {
    // The window of another origin throws when this property is read.
    Reflect.get(Object(value), 'q')
    return /^\[object (HTML|Window)/.test(Object.prototype.toString.call(value))
  } catch {
    return true
  }
}
