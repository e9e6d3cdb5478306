// The script-tag entry, and the one file with side effects.

import { fillCvg } from './browser/cvg.ts'
import { fillGlobal } from './browser/global.ts'

const tag = document.currentScript
const { converge = {} } = window
window.converge = converge
// `data-pixel-id` is `pixelId`, and so on. A forwarder that serves this script says the rest before it.
fillGlobal(
  window,
  converge,
  { ...converge.config, ...tag?.dataset },
  (part) => import(`${new URL(`${part}.js`, Object(tag).src)}`),
)
fillCvg(window, converge)
