// `npm test`: build, lint, types and all tests, several commands at once. Prints each command's output when it ends. The
// closing line counts the tests of all commands.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { closingLines, type Outcome } from './closing-line.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'converge-tests-'))
const browsers = ['chromium', 'firefox', 'webkit']

/** One command for each processor, and two at least: the browser tests wait a lot. With more, tests reach their time limits. */
const AT_ONCE = Math.max(2, availableParallelism())

const first = { build: 'node build.mjs', lint: 'biome check' }
/** The longest first. */
const then: Record<string, string> = {
  ...Object.fromEntries(browsers.map((name) => [name, `vitest run --project ${name}`])),
  types: 'tsc --project tsconfig.json', // against the declarations that the build made
  'other tests': `vitest run ${browsers.map((name) => `--project !${name}`).join(' ')}`,
}
if (process.argv.includes('--with-examples')) then.examples = 'node test/examples/check-all.mjs'

const start = Date.now()
const outcome: Outcome = { passed: 0, failed: 0, skipped: 0, files: {}, failures: [] }
/** The commands that failed, so that a failure is also named at the end. */
const failed: string[] = []

await runAll(first)
if (failed.length === 0) await runAll(then)
rmSync(folder, { recursive: true })

if (failed.length) console.log(`Failed: ${failed.join(', ')}.`)
console.log(`Took ${seconds(Date.now() - start)} s.\n`)
console.log(closingLines(outcome))
process.exitCode = failed.length ? 1 : 0

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
  const { code, output } = await outputOf(command, file)
  console.log(`\n━━ ${name}: ${code === 0 ? 'passed' : 'FAILED'} after ${seconds(Date.now() - began)} s (${command})\n`)
  console.log(output.trim())
  if (code !== 0) failed.push(name)
  if (command.startsWith('vitest')) add(name, file, code)
  else if (code !== 0) fail(`${name}: ${command} exited with ${code}`)
}

/** `npm run` puts the tools of node_modules on the path. */
function outputOf(command: string, outcomeFile: string): Promise<{ code: number | null; output: string }> {
  const [tool = '', ...words] = command.split(' ')
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(tool, words, { cwd: root, env: { ...process.env, OUTCOME: outcomeFile } })
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
