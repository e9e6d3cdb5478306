import { defineConfig } from 'vitest/config'

const unit = { name: 'unit', include: ['test/unit/**/*.test.ts'], environment: 'happy-dom' }
const laws = { name: 'laws', include: ['test/laws/**/*.test.ts'], environment: 'happy-dom' }
const server = { name: 'server', include: ['test/server/**/*.test.ts'], environment: 'node', testTimeout: 20_000 }
const workerd = { name: 'workerd', include: ['test/workerd/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 60_000 }
const examples = {
  name: 'examples',
  include: ['test/examples/**/*.test.ts'],
  alias: { 'converge-tiktok/server': new URL('src/server/index.ts', import.meta.url).pathname },
  testTimeout: 30_000,
}
const consent = { name: 'consent', include: ['test/consent/**/*.test.ts'], environment: 'happy-dom' }
const inspector = { name: 'inspector', include: ['test/inspector/**/*.test.ts'], environment: 'happy-dom' }
const types = { name: 'types', include: ['test/types/**/*.test.ts'], testTimeout: 60_000 }
const shipped = {
  name: 'package',
  include: ['test/package/**/*.test.ts'],
  globalSetup: 'test/package/setup.ts',
  testTimeout: 60_000,
}
const browser = {
  name: 'browser',
  include: ['test/browser/**/*.test.ts'],
  globalSetup: 'test/browser/setup.ts',
  testTimeout: 60_000,
  hookTimeout: 60_000,
  fileParallelism: false,
}

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line.ts'],
    projects: [unit, laws, consent, inspector, server, workerd, examples, types, shipped, browser].map((test) => ({
      test,
    })),
  },
})
