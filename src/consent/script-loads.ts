/** Looks now, and again whenever a script has come, until `look` has found what it looks for. */
export function lookAsScriptsLoad(window: Window, look: () => boolean): void {
  if (look()) return
  const { document } = window
  const again = ({ target }: Event) => {
    // Of the page's own load, the target is the document.
    if (!/^(SCRIPT|#document)$/.test(Object(target).nodeName) || !look()) return
    document.removeEventListener('load', again, true)
    window.removeEventListener('load', again)
  }
  // The load of an element doesn't bubble, and doesn't reach the window.
  document.addEventListener('load', again, true)
  window.addEventListener('load', again)
}
