import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync } from 'node:zlib'
import { transform } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { type Feature, type Variant, variants } from '../../src/core/variants.ts'

const read = (file: string) => readFileSync(new URL(`../../dist/${file}`, import.meta.url), 'utf8')
const sizeOf = (file: string) => brotliCompressSync(read(file)).length

/** Bytes, brotli 11. They should come down to 6,500 for converge-shop.js and to 5,700 for converge-pixel.js. */
const budgets = {
  'converge-pixel.js': 11_810,
  'converge-shop.js': 12_950,
  'converge-shop-filters.js': 13_590,
  'converge.js': 13_860,
} satisfies Record<Variant, number>

/** Words that only the code of a feature has. */
const traces = {
  filters: 'matches_regex',
  relay: 'keepalive',
  pageLoads: 'pushState',
  mapping: 'CompletePayment',
} satisfies Record<Feature, string>

describe.each(Object.entries(budgets))('%s', (file, budget) => {
  const script = read(file)

  test(`is within its ${budget} bytes`, () => {
    expect(sizeOf(file)).toBeLessThanOrEqual(budget)
  })

  test('is a classic script, and old in-app web views parse it', async () => {
    expect(() => runInNewContext(`() => { ${script} }`)).not.toThrow()
    // What esbuild would have to lower for es2020 comes out changed.
    const options = { minifyWhitespace: true, charset: 'utf8' } as const
    const [asItIs, forOldOnes] = await Promise.all([
      transform(script, { ...options, target: 'esnext' }),
      transform(script, { ...options, target: 'es2020' }),
    ])
    expect(forOldOnes.code).toBe(asItIs.code)
  })
})

test.each(Object.entries(variants))('%s has the code of its features only', (file, features) => {
  const script = read(file)
  const found = Object.entries(traces).map(([feature, trace]) => [feature, script.includes(trace)])
  expect(Object.fromEntries(found)).toEqual(features)
})

test('the variants are sorted by size, and a forwarder picks the first one with all features it needs', () => {
  const sizes = Object.keys(variants).map(sizeOf)
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
})

test('a file that needs es2022 would be reported', async () => {
  const modern = 'a ||= 1; class B { #c = 2 }'
  expect((await transform(modern, { target: 'es2020' })).code).not.toBe((await transform(modern)).code)
})
