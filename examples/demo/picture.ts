// `npm run picture`: the README's picture of the inspector, taken in the demo after an order.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import puppeteer from 'puppeteer-core'
import { chromiumBinary } from '../../test/browser/chromium.ts'
import { startDemo } from './server.ts'

const path = fileURLToPath(new URL('../../docs/inspector.webp', import.meta.url))
const binary = await chromiumBinary()
const env = 'env' in binary ? binary.env : process.env
// The fonts of the Chromium from npm have no arrows.
const fonts = existsSync('/etc/fonts') && { FONTCONFIG_PATH: '/etc/fonts' }

const demo = await startDemo({ port: 0 })
const browser = await puppeteer.launch({ ...binary, env: { ...env, ...fonts }, args: ['--no-sandbox'] })
try {
  const page = await browser.newPage()
  await page.setViewport({ width: 1280, height: 800, deviceScaleFactor: 2 })
  // Click by script, because the panel covers part of the page.
  const press = (selector: string) =>
    page.$eval(selector, (element) => element instanceof HTMLElement && element.click())

  await page.goto(`${demo.url}/products/linen-shirt`)
  await press('[data-decide=granted]')
  const added = page.waitForResponse(`${demo.url}/cart`)
  await press('[data-add]')
  await added
  await page.goto(`${demo.url}/checkout`)
  const ordered = page.waitForNavigation()
  await press('[data-pay]')
  await ordered

  await page.waitForSelector('>>> .facts [data-tone=good] ::-p-text(loaded)')
  const order = page.locator('>>> .row').filter((row) => row.textContent?.includes('Purchase') ?? false)
  await order.click()
  await page.waitForSelector('>>> .details table')
  await page.screenshot({ path, type: 'webp', quality: 80 })
} finally {
  await browser.close()
  await demo.close()
}
console.log(path)
