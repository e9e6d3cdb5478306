import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync } from 'node:zlib'
import { transform } from 'esbuild'
import { expect, test } from 'vitest'

const script = readFileSync(new URL('../../dist/converge.js', import.meta.url), 'utf8')
// Bytes, brotli 11. The design asks for 8,500: variants that leave out what a shop's config does not need are to bring it down.
const BUDGET = 13_000

test(`converge.js is within its ${BUDGET} bytes`, () => {
  expect(brotliCompressSync(script).length).toBeLessThanOrEqual(BUDGET)
})

test('converge.js is a classic script, and old in-app web views parse it', async () => {
  expect(() => runInNewContext(`() => { ${script} }`)).not.toThrow()
  // What esbuild would have to lower for es2020 comes out changed.
  const options = { minifyWhitespace: true, charset: 'utf8' } as const
  const [asItIs, forOldOnes] = await Promise.all([
    transform(script, { ...options, target: 'esnext' }),
    transform(script, { ...options, target: 'es2020' }),
  ])
  expect(forOldOnes.code).toBe(asItIs.code)
})

test('what parses as es2022 alone would be noticed', async () => {
  const modern = 'a ||= 1; class B { #c = 2 }'
  expect((await transform(modern, { target: 'es2020' })).code).not.toBe((await transform(modern)).code)
})
