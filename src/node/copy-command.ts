import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readWords } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** The scripts for pages, in the folder of the built command line. */
const scripts = ['converge.js', 'converge-pixel.js', 'consent.js', 'inspector.js'] as const

/** Copies the scripts of a page to a folder of the site, and prints their hashes and the tag. Resolves with the exit code. */
export async function copyCommand(words: string[]): Promise<number> {
  const { positionals } = readWords({ args: words, options: {}, allowPositionals: true })
  const [folder, ...more] = positionals
  if (!folder || more.length)
    throw new UsageError('copy needs one folder of your site, such as: converge-tiktok copy public')

  mkdirSync(folder, { recursive: true })
  for (const script of scripts) {
    for (const file of [script, `${script}.map`]) {
      if (existsSync(sourceOf(file))) copyFileSync(sourceOf(file), join(folder, file))
    }
    console.log(`${join(folder, script)}  ${hashOf(script)}`)
  }
  console.log(`
Keep the files in one folder: converge.js loads consent.js and inspector.js from its own. converge-pixel.js is a smaller converge.js
without relay, filters and automatic page loads. The tag, if the folder is the root of your site:
<script async src="/converge.js" integrity="${hashOf('converge.js')}" data-pixel-id="YOUR_PIXEL_ID" data-consent="require"></script>
Leave out integrity if your site changes its files, for example by minifying them.`)
  return 0
}

const sourceOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** The value of the tag's `integrity` attribute. */
const hashOf = (script: string): string =>
  `sha384-${createHash('sha384')
    .update(readFileSync(sourceOf(script)))
    .digest('base64')}`
