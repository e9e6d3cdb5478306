// The entry for script tags. It is the only file with side effects.

import { findTag, readGlobal } from './browser/find-tag.ts'
import { readTag } from './browser/tag.ts'
import { fillWindowConverge, type Tag } from './browser/window-converge.ts'
import { fillWindowCvg } from './browser/window-cvg.ts'

const script = findTag(document)
const converge = readGlobal(window)
window.converge = converge
fillWindowConverge(window, converge, tagOf(), (part) => import(`${new URL(`${part}.js`, script?.src)}`))
fillWindowCvg(window, converge)

function tagOf(): Tag {
  // A forwarder that serves this script writes its config before it, and is the relay.
  const { config, isServed } = converge
  try {
    const relay = isServed && script ? { relay: new URL('.', script.src).href.replace(/\/$/, '') } : {}
    return { config: { ...relay, ...config, ...(script && readTag(script)) } }
  } catch (error) {
    return { config: {}, error }
  }
}
