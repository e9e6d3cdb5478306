import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const temporary: string[] = []
afterEach(() => {
  for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true })
})

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'converge-lib-'))
  temporary.push(folder)
  return folder
}

/** A copy of src/ in which a line was added to a file. */
function plant(path: string, code: string): string {
  const src = join(temporaryFolder(), 'src')
  cpSync(join(root, 'src'), src, { recursive: true })
  writeFileSync(join(src, path), `${code}\n`, { flag: 'a' })
  return src
}

/** The errors of tsc for a part of src/ that may use only the given libraries. */
function compile(src: string, part: string, lib: string[]): string {
  const project = join(temporaryFolder(), 'tsconfig.json')
  const compilerOptions = { lib, types: [] }
  const include = [join(src, part)]
  writeFileSync(project, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  return spawnSync(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { encoding: 'utf8' }).stdout
}

const language = ['es2020']
const page = ['es2020', 'dom', 'dom.iterable']

test.each(['core', 'tiktok/*.ts'])('src/%s uses no page, network or console API', (part) => {
  expect(compile(join(root, 'src'), part, language)).toBe('')
})

test.each(['window', 'document', 'fetch', 'console', 'localStorage', 'setTimeout', 'crypto', 'process', 'navigator'])(
  'a planted %s in src/core is found',
  (name) => {
    const src = plant('core/read.ts', `export const planted = ${name}`)
    expect(compile(src, 'core', language)).toContain(`Cannot find name '${name}'`)
  },
)

/** What servers and Workers have, and no page. */
const server = ['es2022', 'webworker']

test("src/tiktok/events-api, which calls TikTok's server, uses no page API", () => {
  expect(compile(join(root, 'src'), 'tiktok/events-api', server)).toBe('')
  const src = plant('tiktok/events-api/post.ts', 'export const planted = document')
  expect(compile(src, 'tiktok/events-api', server)).toContain("Cannot find name 'document'")
})

// esbuild rewrites newer syntax for old in-app web views, but not calls: what they lack would be an exception there.
test.each(['browser', 'tiktok/pixel', 'script.ts', 'index.ts'])('src/%s uses no API newer than ES2020', (part) => {
  expect(compile(join(root, 'src'), part, page)).toBe('')
})

test.each(["'a'.replaceAll('a', 'b')", '[1].at(-1)', "Object.hasOwn({}, 'a')"])(
  'a planted %s, which is newer than ES2020, is found',
  (code) => {
    const src = plant('browser/tracker.ts', `export const planted = ${code}`)
    expect(compile(src, 'browser', page)).toContain('error TS2550')
  },
)
