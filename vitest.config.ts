import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { variants } from './src/core/variants.ts'
import { PATIENCE } from './test/patience.ts'

// A busy machine may need a second for the start of a process, which a test of the command line does several times, and twenty
// times as long as an idle one for anything. Only a test that fails waits this long.
const patient = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: PATIENCE } } }
// Test files share one load of the sources. They undo what they replace, such as a method or a variable of the environment.
const shared = { isolate: false }
// These suites open a window of their own where they need one.
const pure = { ...shared, pool: 'threads' } as const
const unit = { name: 'unit', include: ['test/unit/**/*.test.ts'], ...pure }
const laws = { name: 'laws', include: ['test/laws/**/*.test.ts'], ...pure }
const consent = { name: 'consent', include: ['test/consent/**/*.test.ts'], ...pure }
const inspector = { name: 'inspector', include: ['test/inspector/**/*.test.ts'], ...pure }
// Most of these tests wait: for a process, a pause, or a clock that a server reads every two seconds. Projects with another number
// of workers need a group of their own.
const waiting = { ...shared, maxWorkers: 2 * Math.max(2, availableParallelism()), sequence: { groupOrder: 2 } }
const server = { name: 'server', include: ['test/server/**/*.test.ts'], ...waiting }
// What the examples import, from the sources.
const forExamples = {
  'converge-tiktok/server': new URL('src/server/index.ts', import.meta.url).pathname,
  'converge-tiktok/postgres': new URL('src/store/postgres/index.ts', import.meta.url).pathname,
  'next/server': new URL('test/examples/next-server.ts', import.meta.url).pathname,
}
const postgres = {
  name: 'postgres',
  include: ['test/postgres/**/*.test.ts'],
  ...waiting,
  globalSetup: 'test/postgres/setup.ts',
  alias: forExamples,
}
const workerd = { name: 'workerd', include: ['test/workerd/**/*.test.ts'], ...waiting }
const examples = {
  name: 'examples',
  include: ['test/examples/**/*.test.ts'],
  alias: forExamples,
}
const types = { name: 'types', include: ['test/types/**/*.test.ts'] }
const shipped = {
  name: 'package',
  include: ['test/package/**/*.test.ts'],
  ...shared,
  globalSetup: 'test/package/setup.ts',
}

const inBrowser = { globalSetup: 'test/browser/setup.ts', ...shared }
const chromium = { name: 'chromium', include: ['test/browser/**/*.test.ts'], ...inBrowser }
// A file whose calls of inEachBrowser all name Chromium has no test for the others.
const everywhere = globSync('test/browser/**/*.test.ts', { cwd: import.meta.dirname }).filter((file) =>
  readFileSync(`${import.meta.dirname}/${file}`, 'utf8').includes('inEachBrowser(('),
)
// Firefox serves one WebDriver session at a time.
const firefox = { name: 'firefox', include: everywhere, ...inBrowser, maxWorkers: 1, sequence: { groupOrder: 1 } }
// WebKit's driver sometimes stops answering on a busy machine (seen with WebKitGTK 2.50). Only then is a test repeated, in a new
// browser. The time limit is above the driver's own, so that a driver that hangs is not mistaken for a page that does.
const webkit = {
  name: 'webkit',
  include: everywhere,
  ...inBrowser,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  retry: { count: 2, condition: /^WebKit's driver did not answer/ },
}

// Each smaller build of the script runs the unit tests, too: `unit-shop` is converge-shop.js, and so on. A file that opens no page
// tests nothing that a build leaves out.
const ofPages = globSync('test/unit/**/*.test.ts', { cwd: import.meta.dirname }).filter((file) =>
  /src\/browser|\.\/page\.ts/.test(readFileSync(`${import.meta.dirname}/${file}`, 'utf8')),
)
const smallerBuilds = Object.entries(variants)
  .filter(([file]) => file !== 'converge.js')
  .map(([file, features]) => ({
    test: {
      ...patient,
      ...unit,
      include: ofPages,
      name: file.replace('converge', 'unit').replace('.js', ''),
    },
    define: { FEATURES: features },
  }))

export default defineConfig({
  test: {
    // One more than vitest's own choice: most tests of the server and the browsers wait for something.
    maxWorkers: Math.max(2, availableParallelism()),
    silent: 'passed-only',
    reporters: ['default', './test/closing-line.ts'],
    projects: [
      ...[
        unit,
        laws,
        consent,
        inspector,
        server,
        postgres,
        workerd,
        examples,
        types,
        shipped,
        chromium,
        firefox,
        webkit,
      ].map((test) => ({ test: { ...patient, ...test }, define: { FEATURES: variants['converge.js'] } })),
      ...smallerBuilds,
    ],
  },
})
