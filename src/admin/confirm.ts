import { html } from 'htm/preact'
import { useEffect, useRef } from 'preact/hooks'

interface Props {
  title: string
  text: string
  /** The label of the button that does it. */
  action: string
  isDangerous: boolean
  onConfirm: () => void
  onClose: () => void
}

/** Asks before something is done. Escape and Cancel close the dialog. */
export function Confirm({ title, text, action, isDangerous, onConfirm, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const confirm = () => {
    dialog.current?.close()
    onConfirm()
  }
  return html`<dialog ref=${dialog} aria-labelledby="confirm-title" aria-describedby="confirm-text" onClose=${onClose}>
    <h2 id="confirm-title">${title}</h2>
    <p id="confirm-text">${text}</p>
    <p class="buttons">
      <button type="button" class="button" autofocus onClick=${() => dialog.current?.close()}>Cancel</button>
      <button type="button" class="button primary" data-tone=${isDangerous ? 'bad' : 'none'} onClick=${confirm}>${action}</button>
    </p>
  </dialog>`
}
