// The two ways a shop installs the built files, as pages.
import { readFileSync } from 'node:fs'
import type { Config, Converge } from '../../src/types.ts'
import type { Page } from './browsers.ts'
import type { Stage } from './in-each-browser.ts'

declare global {
  interface Window {
    /** The instance of a page that imports the module. */
    shopConverge?: Converge
  }
}

export const shop = 'https://www.shop.test/'

const built = (file: string) => ({
  body: readFileSync(new URL(`../../dist/${file}`, import.meta.url), 'utf8'),
  type: 'text/javascript',
})

/** The stub of the README: calls queue until the script has come. */
export const stub = `
  window.converge = window.converge || { q: [] }
  for (const name of ['init', 'track', 'on']) {
    converge[name] = converge[name] || ((...rest) => { converge.q.push([name, ...rest]) })
  }`

export const scriptTag = (attributes = '') => `<script async src="/converge.js" ${attributes}></script>`

export type Way = 'script tag' | 'module'
export const ways: Way[] = ['script tag', 'module']

/** A page in which `calls` run with a `converge` of this config, installed in one of the two ways. */
export function pageOf(way: Way, config: Config, calls = ''): string {
  const install =
    way === 'script tag'
      ? `<script>${stub}
converge.init(${JSON.stringify(config)})</script>${scriptTag()}<script>${calls}</script>`
      : `<script type="module">
import { createConverge } from '/index.js'
const converge = window.shopConverge = createConverge(${JSON.stringify(config)})
${calls}</script>`
  return `<!doctype html><meta charset="utf-8"><title>Shop</title>${install}`
}

/** Opens a page of a shop that serves the built files beside it. */
export function visit(stage: Stage, page: string, headers: Record<string, string> = {}): Promise<Page> {
  stage.network.serve('www.shop.test', {
    '/': { body: page, type: 'text/html', headers },
    '/converge.js': built('converge.js'),
    '/index.js': built('index.js'),
  })
  return stage.open(shop)
}
