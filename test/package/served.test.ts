import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { servedVariants } from '../../src/core/variants.ts'
import type { ForwarderConfig } from '../../src/server/forwarder.ts'
import { pixelId } from '../cases/case.ts'

const dist = (file: string) => new URL(`../../dist/${file}`, import.meta.url)
const { createForwarder }: typeof import('../../src/server/index.ts') = await import(dist('server.js').href)

const filters = [{ event: '*', any: [{ property: 'vip', operator: 'is_set' } as const] }]
const configs: [file: string, config: Partial<ForwarderConfig>][] = [
  ['converge-shop.js', { pageLoads: 'auto', consent: 'require', consentFrom: ['shopify'] }],
  ['converge-shop-filters.js', { filters }],
]

function serve(config: Partial<ForwarderConfig>, headers: Record<string, string> = {}, file = 'converge.js') {
  const whole = { pixelId, accessToken: 'token', allowedOrigins: ['https://www.shop.test'], ...config }
  const { fetch } = createForwarder(whole, { log: () => {} })
  return fetch(new Request(`https://track.shop.test/${file}`, { headers }))
}

test.each(configs)(
  'the built forwarder serves %s as converge.js for %j, after one line of config',
  async (file, config) => {
    const response = await serve(config)
    const text = await response.text()
    const end = text.indexOf('\n') + 1
    expect(text.slice(0, end)).toMatch(/^Object\.assign\(window\.converge=.*isServed:true/)
    expect(text.slice(end)).toBe(readFileSync(dist(file), 'utf8'))
  },
)

// Its source map is not served, so the comment that names it is not either.
test.each(['consent.js', 'inspector.js'])(
  'the built forwarder serves %s, which the script loads on demand',
  async (file) => {
    const [served, built] = [await (await serve({}, {}, file)).text(), readFileSync(dist(file), 'utf8')]
    expect(`${served.trimEnd()}\n//# sourceMappingURL=${file}.map\n`).toBe(built)
  },
)

test('every variant has its own hash, which a page uses to request it again', async () => {
  const found = await Promise.all(configs.map(async ([, config]) => (await serve(config)).headers.get('etag') ?? ''))
  expect(new Set(found).size).toBe(configs.length)
  for (const [index, [, config]] of configs.entries()) {
    expect((await serve(config, { 'if-none-match': found[index] ?? '' })).status).toBe(304)
    expect((await serve(config, { 'if-none-match': found.at(index - 1) ?? '' })).status).toBe(200)
  }
})

test('each variant is served for one of these configs', () => {
  expect(new Set(configs.map(([file]) => file))).toEqual(new Set(servedVariants))
})
