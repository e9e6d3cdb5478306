/** Calls `look` now, and again whenever a script has loaded, until it returns true. */
export function lookAsScriptsLoad(window: Window, look: () => boolean): void {
  if (look()) return
  const { document } = window
  const again = ({ target }: Event) => {
    // The target of the page's own load event is the document.
    if (!/^(SCRIPT|#document)$/.test(Object(target).nodeName) || !look()) return
    document.removeEventListener('load', again, true)
    window.removeEventListener('load', again)
  }
  // The load event of an element does not bubble and does not reach the window.
  document.addEventListener('load', again, true)
  window.addEventListener('load', again)
}
