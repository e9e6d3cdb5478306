import type { Config } from '../types.ts'
import { publicConfig } from './public-config.ts'

/**
 * Returns the line of JavaScript before converge.js that passes the config to a page. The relay is not in it: the script
 * uses its own address. The Host header of one request must not end up in a cached response.
 */
export function configLine(config: Config): string {
  // JSON is valid JavaScript. Escaping `<` makes it safe inside a page's script element, too.
  const json = JSON.stringify(publicConfig(config)).replaceAll('<', '\\u003c')
  return `Object.assign(window.converge=window.converge||{},{config:${json},isServed:true});\n`
}
