import { attempt } from '../core/attempt.ts'

/** Copies text to the clipboard, also on pages without the Clipboard API, such as http:// pages. */
export async function copyText({ navigator, document }: Window, text: string, within: ParentNode): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return attempt(() => copyBySelection(document, text, within)) ?? false
  }
}

function copyBySelection(document: Document, text: string, within: ParentNode): boolean {
  const focused = Object(document.activeElement).shadowRoot?.activeElement ?? document.activeElement
  const field = document.createElement('textarea')
  field.className = 'unseen'
  field.value = text
  within.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  Object(focused).focus?.()
  return isCopied
}
