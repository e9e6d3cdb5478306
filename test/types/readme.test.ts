import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'converge-readme-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('each block of TypeScript in the README compiles', () => {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)]
  expect(blocks.length).toBeGreaterThan(2)
  const use = "import { createConverge } from 'converge-tiktok'\n"
  for (const [index, [, code = '']] of blocks.entries()) {
    writeFileSync(join(folder, `block-${index}.ts`), /^import /m.test(code) ? code : use + code)
  }
  const paths = {
    'converge-tiktok': [join(root, 'src/index.ts')],
    'converge-tiktok/node': [join(root, 'src/node/index.ts')],
  }
  const compilerOptions = { noEmit: true, typeRoots: [join(root, 'node_modules/@types')], paths }
  const tsconfig = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))

  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' })
  expect(stdout).toBe('')
})
