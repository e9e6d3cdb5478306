import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runNode } from './consumer-project.ts'

const dist = new URL('../../dist/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, dist))
const integrity: Record<string, string> = JSON.parse(String(read('sri.json')))
const hashOf = (text: Buffer) => `sha384-${createHash('sha384').update(text).digest('base64')}`

test('sri.json has the hash of every script that a page may load', () => {
  expect(Object.keys(integrity)).toEqual(expect.arrayContaining(['converge.js', 'consent.js', 'inspector.js']))
  for (const [file, hash] of Object.entries(integrity)) expect([file, hash]).toEqual([file, hashOf(read(file))])
})

test('"converge-tiktok copy" copies the scripts and prints their hashes and a script tag', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'converge-copy-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const cli = new URL('cli.js', dist).pathname
  const { code, output } = await runNode(folder, [cli, 'copy', 'public/js'])
  expect(code).toBe(0)
  for (const file of ['converge.js', 'converge-pixel.js', 'consent.js', 'inspector.js']) {
    expect(output).toContain(`public/js/${file}  ${hashOf(readFileSync(join(folder, 'public/js', file)))}`)
  }
  expect(output).toContain(`<script async src="/converge.js" integrity="${integrity['converge.js']}"`)
})

test.each([[[]], [['public', 'static']]])(
  '"converge-tiktok copy" with the folders %j says that it needs one',
  async (folders) => {
    const cli = new URL('cli.js', dist).pathname
    const { code, output } = await runNode(tmpdir(), [cli, 'copy', ...folders])
    expect([code, output]).toEqual([2, expect.stringContaining('copy needs one folder of your site')])
  },
)
