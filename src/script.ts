// The script-tag entry, and the one file with side effects.

import { fillCvg } from './browser/cvg.ts'
import { fillGlobal } from './browser/global.ts'

// Where it runs as a module, or by a loader that moves scripts about, there is no current script.
const tag = document.currentScript ?? document.querySelector<HTMLScriptElement>('[data-pixel-id]')
const { converge = {} }: Window = window
window.converge = converge
// `data-pixel-id` is `pixelId`, and so on. A forwarder that serves this script says the rest before it.
fillGlobal(
  window,
  converge,
  { ...converge.config, ...tag?.dataset },
  (part) => import(`${new URL(`${part}.js`, Object(tag).src)}`),
)
fillCvg(window, converge)
