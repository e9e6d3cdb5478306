// The script-tag entry, and the one file with side effects.

import { fillGlobal } from './browser/global.ts'

const tag = document.currentScript ?? document.querySelector<HTMLElement>('[data-pixel-id]')
window.converge ||= {}
fillGlobal(window.converge, { ...tag?.dataset }) // `data-pixel-id` is `pixelId`, and so on
