// `npm run picture`: the documents' pictures of the inspector, after an order in the demo, and of the operator's page.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { chromiumBinary } from '../../test/browser/chromium.ts'
import { adminToken } from './admin-token.ts'
import { type StartedDemo, startDemo } from './server.ts'

/** Saves a picture in docs/, and prints its path. */
async function save(page: Page, name: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../docs/${name}.webp`, import.meta.url))
  await page.screenshot({ path, type: 'webp', quality: 80 })
  console.log(path)
}

async function openPage(browser: Browser, width: number, height: number): Promise<Page> {
  const page = await browser.newPage()
  await page.setViewport({ width, height, deviceScaleFactor: 2 })
  return page
}

async function takeInspector(browser: Browser, { url }: StartedDemo): Promise<void> {
  const page = await openPage(browser, 1280, 800)
  // Click by script, because the panel covers part of the page.
  const press = (selector: string) =>
    page.$eval(selector, (element) => element instanceof HTMLElement && element.click())

  await page.goto(`${url}/products/linen-shirt`)
  await press('[data-decide=granted]')
  const added = page.waitForResponse(`${url}/cart`)
  await press('[data-add]')
  await added
  await page.goto(`${url}/checkout`)
  const ordered = page.waitForNavigation()
  await press('[data-pay]')
  await ordered

  await page.waitForSelector('>>> .facts [data-tone=good] ::-p-text(loaded)')
  const order = page.locator('>>> .row').filter((row) => row.textContent?.includes('Purchase') ?? false)
  await order.click()
  await page.waitForSelector('>>> .details table')
  await save(page, 'inspector')
}

async function takeAdmin(browser: Browser, { adminUrl }: StartedDemo): Promise<void> {
  const page = await openPage(browser, 1280, 1040)
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }])
  await page.goto(adminUrl)
  await page.locator('#token').fill(adminToken)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.plot canvas')
  await save(page, 'admin')
  await page.goto(`${adminUrl}#events?event=Purchase&status=failure`)
  await page.locator('.row').click()
  await page.waitForSelector('.details .parts')
  await page.setViewport({ width: 1280, height: 640, deviceScaleFactor: 2 })
  await save(page, 'admin-order')
}

const binary = await chromiumBinary()
const env = 'env' in binary ? binary.env : process.env
// The fonts of the Chromium from npm have no arrows.
const fonts = existsSync('/etc/fonts') && { FONTCONFIG_PATH: '/etc/fonts' }

const demo = await startDemo({ port: 0 })
const browser = await puppeteer.launch({ ...binary, env: { ...env, ...fonts }, args: ['--no-sandbox'] })
try {
  await takeInspector(browser, demo)
  await takeAdmin(browser, demo)
} finally {
  await browser.close()
  await demo.close()
}
