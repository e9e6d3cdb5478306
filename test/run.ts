// `npm test`: build, lint, types and all tests, several commands at once. Prints each command's output when it ends. The end of
// the output says how long each command took, and the closing line counts the tests of all commands.
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { closingLines, type Outcome } from './closing-line.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'converge-tests-'))
/** For the files of the tests that wait for the disk most. PostgreSQL, which is one of them, runs as another user. */
const quickFolder = mkdtempSync(join(memoryFolder() ?? tmpdir(), 'converge-tests-'))
chmodSync(quickFolder, 0o755)

/** Two commands more than processors: the browsers and the servers wait a lot. */
const AT_ONCE = Math.max(2, availableParallelism()) + 2

const vitest = (...projects: string[]) => `vitest run ${projects.map((name) => `--project ${name}`).join(' ')}`

const first = {
  build: 'node build.mjs',
  lint: 'biome check',
  sources: vitest('unit', 'unit-*', 'laws', 'consent', 'inspector'),
}
/**
 * These need the build. The longest come first, and those that use both processors last. Firefox has one session at a time, so it
 * would leave one processor idle at the end.
 */
const then: Record<string, string> = {
  chromium: vitest('chromium'),
  server: vitest('server', 'workerd'),
  firefox: vitest('firefox'),
  webkit: vitest('webkit'),
  postgres: vitest('postgres'),
  ...(process.argv.includes('--with-examples') && { 'built examples': 'node test/examples/check-all.mjs' }),
  package: vitest('package', 'types', 'examples'),
  types: 'tsc --project tsconfig.json',
}
/** The commands that run nothing from their temporary folder. A folder in memory may forbid that. */
const quick = ['chromium', 'server', 'webkit', 'postgres', 'firefox']

const start = Date.now()
const outcome: Outcome = { passed: 0, failed: 0, skipped: 0, files: {}, failures: [] }
/** The commands that failed, so that a failure is also named at the end. */
const failed: string[] = []
/** How long each command took. */
const times: string[] = []

await runAll(first)
if (!failed.includes('build') && !failed.includes('lint')) await runAll(then)
for (const path of [folder, quickFolder]) rmSync(path, { recursive: true, force: true, maxRetries: 3 })

if (failed.length) console.log(`Failed: ${failed.join(', ')}.`)
console.log(`Took ${seconds(Date.now() - start)} s: ${times.join(', ')}.\n`)
console.log(closingLines(outcome))
process.exitCode = failed.length ? 1 : 0

/** A folder in memory with enough space, if the system has one. */
function memoryFolder(): string | undefined {
  const path = '/dev/shm'
  if (!existsSync(path)) return undefined
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize > 4e9 ? path : undefined
}

async function runAll(commands: Record<string, string>): Promise<void> {
  const waiting = Object.entries(commands)
  const runNext = async (): Promise<void> => {
    const next = waiting.shift()
    if (!next) return
    await run(...next)
    await runNext()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, runNext))
}

async function run(name: string, command: string): Promise<void> {
  const file = join(folder, `${name}.json`)
  const began = Date.now()
  const { code, output } = await outputOf(command, {
    OUTCOME: file,
    ...(quick.includes(name) && { TMPDIR: quickFolder }),
  })
  const took = `${seconds(Date.now() - began)} s`
  times.push(`${name} ${took}`)
  console.log(`\n━━ ${name}: ${code === 0 ? 'passed' : 'FAILED'} after ${took} (${command})\n`)
  console.log(output.trim())
  if (code !== 0) failed.push(name)
  if (command.startsWith('vitest')) add(name, file, code)
  else if (code !== 0) fail(`${name}: ${command} exited with ${code}`)
}

/** `npm run` puts the tools of node_modules on the path. */
function outputOf(command: string, environment: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  const [tool = '', ...words] = command.split(' ')
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(tool, words, { cwd: root, env: { ...process.env, ...environment } })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
    child.once('error', (error) => resolve({ code: 1, output: `${tool} could not be started: ${error.message}` }))
    child.once('close', (code) => resolve({ code, output }))
  })
}

/** A run that wrote no outcome has broken off: that is one failure. */
function add(name: string, file: string, code: number | null): void {
  try {
    const part: Outcome = JSON.parse(readFileSync(file, 'utf8'))
    outcome.passed += part.passed
    outcome.failed += part.failed
    outcome.skipped += part.skipped
    Object.assign(outcome.files, part.files)
    outcome.failures.push(...part.failures)
    // Such as a global setup that failed, after which vitest finds no tests.
    if (code !== 0 && part.failed === 0) fail(`${name}: exited with ${code}, and no test failed`)
  } catch {
    fail(`${name}: the run broke off`)
  }
}

function fail(failure: string): void {
  outcome.failed++
  outcome.failures.push(failure)
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(0)
}
