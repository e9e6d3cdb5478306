// What is loaded only if PostgreSQL is used.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const dist = (file: string) => new URL(`../../dist/${file}`, import.meta.url).href

/** Runs a script in a process in which `pg` cannot be loaded, and returns its output. */
async function runWithoutPg(script: string): Promise<string> {
  const hooks = `export async function resolve(name, context, next) {
    if (name === 'pg') throw new Error('pg was loaded')
    return next(name, context)
  }`
  const start = `import { register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}))
    ${script}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', start])
  return stdout.trim()
}

test('a server with a file does not load pg', async () => {
  const output = await runWithoutPg(`const { serve } = await import('${dist('node.js')}'); console.log(typeof serve)`)
  expect(output).toBe('function')
})

test('a store in PostgreSQL loads pg when it connects', async () => {
  const output = await runWithoutPg(`
    const { createPostgresStore } = await import('${dist('postgres.js')}')
    const store = createPostgresStore({ url: 'postgres://127.0.0.1:1/shop', pixelId: 'CJQBODJC77UB4MRTGFRF' })
    await store.ready().catch(({ message }) => console.log(message))`)
  expect(output).toBe('pg was loaded')
})
