import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../../', import.meta.url))
const script = join(root, 'build/release.mjs')
const changelog = '# Changelog\n\n## 1.2.3 (2027-01-31)\n\n- A change.\n'

/** A repository of a small package, with one commit. */
function createRepository({ files = {} }: { files?: Record<string, string> } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'converge-release-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const run = (command: string, words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(command, words, { cwd: folder, encoding: 'utf8' })
    return { status, output: stdout + stderr }
  }
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text)
  const scripts = { test: 'node --eval "console.log(\'the tests ran\')"' }
  write('package.json', JSON.stringify({ name: 'small', version: '1.2.3', scripts }))
  const lock = {
    name: 'small',
    version: '1.2.3',
    lockfileVersion: 3,
    packages: { '': { name: 'small', version: '1.2.3' } },
  }
  write('package-lock.json', JSON.stringify(lock))
  write('CHANGELOG.md', changelog)
  write('.gitignore', '.cache/\nnode_modules/\n')
  for (const [path, text] of Object.entries(files)) write(path, text)
  run('git', ['init', '--quiet'])
  run('git', ['config', 'user.name', 'Jane'])
  run('git', ['config', 'user.email', 'jane@example.com'])
  run('git', ['add', '--all'])
  run('git', ['commit', '--quiet', '--message', 'Start'])
  return {
    write,
    release: (...words: string[]) => run(process.execPath, [script, ...words]),
    tags: () => run('git', ['tag', '--list']).output.trim(),
    tag: (name: string) => run('git', ['tag', name]),
    hasTarball: () => existsSync(join(folder, '.cache/release/small-1.2.3.tgz')),
  }
}

test('a release without an option tests and packs, and creates no tag', () => {
  const { release, tags, hasTarball } = createRepository()
  const { status, output } = release()
  expect([status, output]).toEqual([0, expect.stringContaining('the tests ran')])
  expect(output).toContain('Nothing was tagged or published.')
  expect([tags(), hasTarball()]).toEqual(['', true])
})

test('a release with --tag tags the version once', () => {
  const { release, tags } = createRepository()
  expect(release('--tag').status).toBe(0)
  expect(tags()).toBe('v1.2.3')
  expect(release('--tag').output).toContain('The tag v1.2.3 exists.')
})

test('a release refuses a working tree with changes, and runs no command', () => {
  const { release, write, hasTarball } = createRepository()
  write('new-file.js', '')
  const { status, output } = release('--tag')
  expect([status, output]).toEqual([1, expect.stringContaining('new-file.js')])
  expect(output).not.toContain('the tests ran')
  expect(hasTarball()).toBe(false)
})

test.each(['# Changelog\n', '# Changelog\n\n## 1.2.3\n', '# Changelog\n\n## 1.2.30 (2027-01-31)\n'])(
  'a release refuses a changelog without a dated heading of its version: %j',
  (text) => {
    const { status, output } = createRepository({ files: { 'CHANGELOG.md': text } }).release()
    expect([status, output]).toEqual([1, expect.stringContaining('no heading "## 1.2.3 (YYYY-MM-DD)"')])
  },
)

test('a release refuses a version whose tests fail', () => {
  const scripts = { test: 'node --eval "process.exit(1)"' }
  const files = { 'package.json': JSON.stringify({ name: 'small', version: '1.2.3', scripts }) }
  const { release, tags } = createRepository({ files })
  expect(release('--tag').status).not.toBe(0)
  expect(tags()).toBe('')
})

test('a release refuses an option that does not exist', () => {
  expect(createRepository().release('--publish').output).toContain('The option --publish does not exist.')
})

test('the changelog has a dated heading for the version in package.json', () => {
  const text = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  expect(text).toMatch(new RegExp(`^## ${manifest.version.replaceAll('.', '\\.')} \\(\\d{4}-\\d{2}-\\d{2}\\)$`, 'm'))
})

test('the workflow publishes with a provenance statement, and only after the tests', () => {
  const workflow = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8')
  expect(workflow).toMatch(/publish:\n {4}needs: test\n/)
  expect(workflow).toContain('id-token: write')
  expect(workflow).toMatch(/npm publish --provenance/)
})

test.each([
  ['20.20.2', 'this is Node 20.20.2'],
  ['22.12.0', 'this is Node 22.12.0'],
  ['22.17.0', ''],
  ['24.21.0', ''],
])('an install with Node %s ends with: "%s"', (version, words) => {
  const env = { npm_config_user_agent: `npm/11.6.0 node/v${version} linux x64 workspaces/false` }
  const { stderr } = spawnSync(process.execPath, [join(root, 'build/say-node.mjs')], { env, encoding: 'utf8' })
  if (words) expect(stderr).toContain(words)
  else expect(stderr).toBe('')
})
