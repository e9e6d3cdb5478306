import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import { copyText } from '../ui/clipboard.ts'
import { Icon } from './icon.ts'

/** Copies a text. `name` says what it is, for screen readers. */
export function CopyButton({ text, name }: { text: string; name: string }) {
  const place = useRef<HTMLSpanElement>(null)
  const [said, setSaid] = useState('')
  async function copy(): Promise<void> {
    const isCopied = await copyText(window, text, place.current ?? document.body)
    setSaid(isCopied ? 'Copied' : 'The browser did not allow copying.')
  }
  return html`<span class="copy" ref=${place}>
    <button type="button" class="button" onClick=${copy}>
      <${Icon} name="copy" />Copy<span class="unseen"> ${name}</span>
    </button>
    <span role="status" class="hint">${said}</span>
  </span>`
}
