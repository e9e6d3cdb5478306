import type { Config } from '../types.ts'
import type { ForwarderConfig } from './forwarder-config.ts'
import { publicConfig } from './public-config.ts'

/**
 * The line of JavaScript in front of converge.js that gives a page its config. The script takes the relay from its own
 * address: what a request says of its host must not stand in an answer that caches keep.
 */
export function configLine(config: Config & Pick<ForwarderConfig, 'cvg'>): string {
  // JSON is JavaScript; `<` is written so that it may stand in a page, too.
  const json = JSON.stringify(publicConfig(config)).replaceAll('<', '\\u003c')
  return `Object.assign(window.converge=window.converge||{},{config:${json},isServed:true${config.cvg === false ? ',cvg:false' : ''}});\n`
}
