import { html } from 'htm/preact'
import { type IconName, iconPaths } from '../ui/icon-paths.ts'

/** A decorative picture: its meaning is in the text beside it or in the button's label. */
export const Icon = ({ name }: { name: IconName }) =>
  html`<svg viewBox="0 0 16 16" aria-hidden="true"><path d=${iconPaths[name]} /></svg>`
