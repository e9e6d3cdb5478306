// The script-tag entry, and the one file with side effects.

import { findTag, readGlobal } from './browser/find-tag.ts'
import { fillWindowCvg, refuseCvg } from './browser/optional-parts.ts'
import { readTag } from './browser/tag.ts'
import { fillWindowConverge, type Tag } from './browser/window-converge.ts'

const script = findTag(document)
const converge = readGlobal(window)
window.converge = converge
fillWindowConverge(window, converge, tagOf(), (part) => import(`${new URL(`${part}.js`, script?.src)}`))
fillWindowCvg?.(window, converge)

function tagOf(): Tag {
  // A forwarder that serves this script puts its config before it, and is the relay.
  const { config, isServed } = converge
  try {
    refuseCvg(window, converge)
    const relay = isServed && script ? { relay: new URL('.', script.src).href.replace(/\/$/, '') } : {}
    return { config: { ...relay, ...config, ...(script && readTag(script)) } }
  } catch (error) {
    return { config: {}, error }
  }
}
