// The script-tag entry, and the one file with side effects.

import { findTag, readGlobal } from './browser/find-tag.ts'
import { readTag } from './browser/tag.ts'
import { fillWindowConverge } from './browser/window-converge.ts'
import { fillWindowCvg } from './browser/window-cvg.ts'

const script = findTag(document)
const converge = readGlobal(window)
window.converge = converge
// A forwarder that serves this script puts its config before it.
const tag = readTag(script)
fillWindowConverge(
  window,
  converge,
  { ...tag, config: { ...converge.config, ...tag.config } },
  (part) => import(`${new URL(`${part}.js`, script?.src)}`),
)
fillWindowCvg(window, converge)
