import { isFromDom } from '../core/is-from-dom.ts'
import type { ConvergeGlobal } from '../types.ts'

/**
 * Our own script tag. Only a script element counts: an `<img name="currentScript">` takes the place of
 * `document.currentScript`, and its address must not become the one that we load code from.
 */
export function findTag(document: Document): HTMLScriptElement | undefined {
  const { currentScript } = document
  // A module, and a loader that moves scripts about, have no current script.
  // An element may take the place of `document.querySelector`, too, but not of its prototype's. MooTools replaces `Document`.
  const { querySelector }: Document = Object.getPrototypeOf(document)
  return [currentScript, querySelector.call(document, 'script[data-pixel-id]')].find(isScript)
}

const isScript = (element: unknown): element is HTMLScriptElement =>
  Object.prototype.toString.call(element) === '[object HTMLScriptElement]'

/** `window.converge`, or a new object if there is none, or something else by that name in the DOM. */
export function readGlobal({ converge }: Window): Partial<ConvergeGlobal> {
  return converge && typeof converge === 'object' && !isFromDom(converge) ? converge : {}
}
