import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const here = join(root, 'test/types')
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const files = ['public.ts', 'custom-properties.ts']

/** A shop of its own, which has the package installed as it is published. */
const shop = mkdtempSync(join(tmpdir(), 'converge-types-'))

beforeAll(() => {
  const installed = join(shop, 'node_modules/converge-tiktok')
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', join(installed, 'dist')])
  writeFileSync(
    join(shop, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'preserve',
        target: 'es2022',
        lib: ['es2022', 'dom'],
        strict: true,
        noEmit: true,
        types: [],
      },
      include: files,
    }),
  )
  for (const file of files) writeFileSync(join(shop, file), asShop(readFileSync(join(here, file), 'utf8')))
})
afterAll(() => rmSync(shop, { recursive: true }))

const asShop = (code: string) => code.replaceAll('../../src/index.ts', 'converge-tiktok')

function compile(project: string) {
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', project, '--pretty', 'false'], {
    encoding: 'utf8',
  })
  return { status, stdout }
}

test('valid code compiles, and invalid code does not', () => {
  expect(compile(here)).toEqual({ status: 0, stdout: '' })
})

test('the same is true for a shop that has installed the package', () => {
  expect(compile(shop)).toEqual({ status: 0, stdout: '' })
})

test('each expected error is real: without its directive, the line is refused', () => {
  const lines = asShop(readFileSync(join(here, 'public.ts'), 'utf8')).split('\n')
  const expected = lines.flatMap((line, index) => (line.startsWith('// @ts-expect-error') ? [index + 2] : []))
  writeFileSync(join(shop, 'public.ts'), lines.join('\n').replaceAll('// @ts-expect-error', '//'))

  const { status, stdout } = compile(shop)
  expect(status).not.toBe(0)
  const refused = Array.from(stdout.matchAll(/public\.ts\((\d+),/gm), ([, line]) => Number(line))
  expect([...new Set(refused)]).toEqual(expected)
  expect(expected.length).toBeGreaterThan(30)
})

test('the compiler names what an order lacks', () => {
  const use = "import { createConverge } from 'converge-tiktok'\nconst { track } = createConverge({ pixelId: '' })\n"
  writeFileSync(join(shop, 'public.ts'), `${use}track('Placed Order', { total_price: 5 })\n`)
  expect(compile(shop).stdout).toContain("Property 'id' is missing")
  writeFileSync(join(shop, 'public.ts'), `${use}track('Placed Order', { id: '1001', totalPrice: 5 })\n`)
  expect(compile(shop).stdout).toContain("'totalPrice' does not exist")
})

test('a custom property without a declaration is refused', () => {
  const use =
    "import { createConverge } from 'converge-tiktok'\ncreateConverge({ pixelId: '' }).track('Viewed Product', { gift_wrap: true })\n"
  writeFileSync(join(shop, 'public.ts'), use)
  expect(compile(shop).status).toBe(0)
  writeFileSync(join(shop, 'custom-properties.ts'), 'export {}\n')
  expect(compile(shop).stdout).toContain("'gift_wrap' does not exist")
})
