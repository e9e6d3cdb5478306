import type { Config } from '../types.ts'
import { publicConfig } from './public-config.ts'

/** The line of JavaScript in front of converge.js that gives a page its config. */
export function configLine(config: Config, request: Request): string {
  // JSON is JavaScript; `<` is written so that it may stand in a page, too.
  const json = JSON.stringify(publicConfig(config, baseUrl(request))).replaceAll('<', '\\u003c')
  return `(window.converge=window.converge||{}).config=${json};\n`
}

/** Where the forwarder is mounted. A proxy in front of it may have taken the TLS off. */
function baseUrl({ url, headers }: Request): string {
  const isHttps = headers.get('x-forwarded-proto')?.startsWith('https')
  const base = new URL('.', url).href.replace(/\/$/, '')
  return isHttps ? base.replace(/^http:/, 'https:') : base
}
