// Which packages a command loads. Each command loads its own files only, so that a short one is as quick as Node's start.
import { expect, test } from 'vitest'
import { runCli } from './node-child.ts'

/** Prints each package that is loaded. */
const hooks = `import { writeSync } from 'node:fs'
  export async function resolve(name, context, next) {
    if (/^[a-z@]/.test(name) && !/^(node|data|file):/.test(name)) writeSync(2, 'loads ' + name + '\\n')
    return next(name, context)
  }`
const preload = `import { register } from 'node:module'
  register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}))`

async function packagesOf(words: readonly string[]): Promise<string[]> {
  const { errors } = await runCli(words, {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
  })
  return [...errors.matchAll(/^loads (\S+)$/gm)].map(([, name = '']) => name)
}

test.each([
  [['--help']],
  [['--version']],
  [['serf']],
  [['copy', '--no-such-option']],
  [['pause', '--database', 'missing.db']],
  [['resume', '--database', 'missing.db']],
  [['outbox', 'list', '--database', 'missing.db']],
  [['database', 'backup', 'copy.db', '--database', 'missing.db']],
])('%j loads no package', async (words) => {
  expect(await packagesOf(words)).toEqual([])
})

test.each([
  [['check', '--config', 'missing.json']],
  [['forget', '--email', 'jane@example.com', '--database', 'missing.db']],
  [['reconcile', 'missing.csv', '--database', 'missing.db']],
])('%j does not load what only a server needs', async (words) => {
  const loaded = await packagesOf(words)
  expect(loaded.filter((name) => /^(srvx|prom-client|pg|@clack)/.test(name))).toEqual([])
})

test('serve loads what a server needs', async () => {
  expect(await packagesOf(['serve', '--config', 'missing.json'])).toEqual(
    expect.arrayContaining(['srvx/node', 'libphonenumber-js/max', 'valibot']),
  )
})
