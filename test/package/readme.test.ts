import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { variants } from '../../src/core/variants.ts'
import { forwarderOptions } from '../../src/server/forwarder-options.ts'
import { defaultMapping } from '../../src/tiktok/default-mapping.ts'
import type { MappingEntry } from '../../src/types.ts'
import { stub } from '../browser/shop.ts'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const readme = read('README.md')

/** The TikTok side of a row, as the README writes it. */
function tell(entry: MappingEntry): string {
  return [entry]
    .flat()
    .map((row) => {
      if (typeof row === 'string') return `\`${row}\``
      if (!row) throw new Error('The default mapping has no row that is switched off.')
      if (row.when?.operator !== 'equal') throw new Error(`Say in words when ${row.event} is sent.`)
      return `and \`${row.event}\` if \`${row.when.property}\` is ${row.when.value}`
    })
    .join(', ')
}

test("the README's mapping table is the default mapping", () => {
  const rows = Object.entries(defaultMapping).map(([eventName, entry]) => `| \`${eventName}\` | ${tell(entry)} |`)
  const table = /<!-- mapping:.*-->\n([\s\S]*?)\n<!-- \/mapping -->/.exec(readme)?.[1]
  expect(table?.split('\n').slice(2)).toEqual(rows)
})

const sectionOfOptions = /\n## Options\n[\s\S]*?\n## /.exec(readme)?.[0] ?? ''

test.each(Object.keys(forwarderOptions))('the README has a row for the option %s', (name) => {
  const rows = sectionOfOptions.split('\n').filter((line) => line.startsWith('| '))
  expect(rows.some((row) => row.split(' | ')[0]?.includes(`\`${name}\``))).toBe(true)
})

test("the README's stub is the one that the browser tests run", () => {
  const written = (text: string) => text.replace(/\s+/g, ' ').trim()
  expect(written(readme)).toContain(written(stub))
})

test.each([...Object.keys(variants), 'index.js'])("the README's size of %s is the built file's", (file) => {
  const kilobytes = (brotliCompressSync(read(`dist/${file}`)).length / 1000).toFixed(1)
  const row = readme.split('\n').find((line) => line.startsWith(`| \`dist/${file}\``))
  expect(row).toContain(`| ${kilobytes} kB |`)
})
