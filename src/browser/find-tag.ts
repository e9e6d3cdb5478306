import { isFromDom } from '../core/is-from-dom.ts'
import type { ConvergeGlobal } from '../types.ts'

/**
 * Finds our own script tag. Only a script element counts: an `<img name="currentScript">` replaces
 * `document.currentScript`, and code must not be loaded from its URL.
 */
export function findTag(document: Document): HTMLScriptElement | undefined {
  const { currentScript } = document
  // A module or a script moved by a loader has no current script.
  // A DOM element can also replace `document.querySelector`, but not the prototype's. MooTools replaces `Document`.
  const { querySelector }: Document = Object.getPrototypeOf(document)
  return [currentScript, querySelector.call(document, 'script[data-pixel-id]')].find(isScript)
}

const isScript = (element: unknown): element is HTMLScriptElement =>
  Object.prototype.toString.call(element) === '[object HTMLScriptElement]'

/** Returns `window.converge`, or a new object if it does not exist or is a DOM element. */
export function readGlobal({ converge }: Window): Partial<ConvergeGlobal> {
  return converge && typeof converge === 'object' && !isFromDom(converge) ? converge : {}
}
