// The browsers of this machine behind one small interface.
import { existsSync } from 'node:fs'
import puppeteer, {
  type ConsoleMessage,
  type Browser as PuppeteerBrowser,
  type BrowserContext as PuppeteerContext,
  type Page as PuppeteerPage,
} from 'puppeteer-core'
import { chromiumBinary } from './chromium.ts'
import type { Network } from './network.ts'
import { launchWebkit, webkitBinaries } from './webkit.ts'

export interface Page {
  /** Resolves when the document is parsed; what loads asynchronously may still be on its way. */
  goto(url: string): Promise<void>
  reload(): Promise<void>
  back(): Promise<void>
  /** Runs a function in the page, where nothing of the test's scope is known, and awaits its result, carried as JSON. */
  evaluate<Result, Args extends unknown[]>(code: (...args: Args) => Result, ...args: Args): Promise<Awaited<Result>>
  /** Evaluates an expression in the page. */
  evaluate(expression: string): Promise<unknown>
  close(): Promise<void>
  /** Errors on the console and uncaught ones, as far as the driver tells: WebKit's tells none. */
  readonly consoleErrors: string[]
}

export interface Browser {
  readonly name: BrowserName
  /** A page with storage of its own, or a second tab beside `shared` with the same storage. */
  newPage(options?: { shared?: Page }): Promise<Page>
  close(): Promise<void>
}

export type BrowserName = 'chromium' | 'firefox' | 'webkit'

const firefoxBinaries = ['/usr/bin/firefox-esr', '/usr/bin/firefox']

const presence: Record<BrowserName, () => boolean> = {
  chromium: () => true, // from the registry, else puppeteer finds the installed Chrome or says that there is none
  firefox: () => firefoxBinaries.some(existsSync),
  webkit: () => webkitBinaries() !== undefined,
}

const launchers: Record<BrowserName, (network: Network) => Promise<Browser>> = {
  chromium: launchChromium,
  firefox: launchFirefox,
  webkit: launchWebkit,
}

/** All three, or those that are asked for: `BROWSERS=chromium,firefox`. */
export function wantedBrowsers(): BrowserName[] {
  const wanted = process.env.BROWSERS?.split(',')
  const names: BrowserName[] = ['chromium', 'firefox', 'webkit']
  return names.filter((name) => wanted === undefined || wanted.includes(name))
}

/** Those asked for that this machine doesn't have. */
export function missingBrowsers(): BrowserName[] {
  return wantedBrowsers().filter((name) => !presence[name]())
}

/** Starts a browser whose whole internet is `network`. */
export function launch(name: BrowserName, network: Network): Promise<Browser> {
  return launchers[name](network)
}

async function launchChromium(network: Network): Promise<Browser> {
  const browser = await puppeteer.launch({
    ...(await chromiumBinary()),
    acceptInsecureCerts: true,
    args: [
      '--no-sandbox', // alone: @sparticuz/chromium's own list switches CORS off
      `--proxy-server=http://127.0.0.1:${network.port}`,
      '--proxy-bypass-list=<-loopback>', // loopback addresses go through the proxy too
      '--ignore-certificate-errors',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-gpu',
    ],
  })
  return puppeteerBrowser('chromium', browser)
}

async function launchFirefox(network: Network): Promise<Browser> {
  const proxy = { host: '127.0.0.1', port: network.port }
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefoxBinaries.find(existsSync) ?? '',
    headless: true,
    acceptInsecureCerts: true,
    extraPrefsFirefox: {
      'browser.chrome.site_icons': false, // nor favicon.ico, as the headless Chromium
      'network.proxy.type': 1,
      'network.proxy.http': proxy.host,
      'network.proxy.http_port': proxy.port,
      'network.proxy.ssl': proxy.host,
      'network.proxy.ssl_port': proxy.port,
      'network.proxy.no_proxies_on': '',
      'network.proxy.allow_hijacking_localhost': true,
    },
  })
  return puppeteerBrowser('firefox', browser)
}

function puppeteerBrowser(name: BrowserName, browser: PuppeteerBrowser): Browser {
  const contexts = new WeakMap<Page, PuppeteerContext>()
  return {
    name,
    async newPage({ shared } = {}) {
      const context = (shared && contexts.get(shared)) ?? (await browser.createBrowserContext())
      const page = puppeteerPage(await context.newPage(), shared ? undefined : context)
      contexts.set(page, context)
      return page
    },
    close: () => browser.close(),
  }
}

const drivers = new WeakMap<Page, PuppeteerPage>()

/** puppeteer's own page, for what the interface above lacks: keys, media, a viewport. WebKit's pages have none. */
export function driverOf(page: Page): PuppeteerPage {
  const driver = drivers.get(page)
  if (!driver) throw new Error("This page is not puppeteer's.")
  return driver
}

/** A page that has its context to itself closes it too, and with it the tabs that share it. */
function puppeteerPage(page: PuppeteerPage, owned?: PuppeteerContext): Page {
  const consoleErrors: string[] = []
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error') consoleErrors.push(`${message.text()} (${message.location().url ?? ''})`)
  })
  page.on('pageerror', (error) => consoleErrors.push(String(error)))
  const parsed = { waitUntil: 'domcontentloaded' } as const
  const driven: Page = {
    consoleErrors,
    goto: async (url) => void (await page.goto(url, parsed)),
    reload: async () => void (await page.reload(parsed)),
    back: async () => void (await page.goBack(parsed)),
    async evaluate(code: ((...args: never[]) => unknown) | string, ...args: never[]) {
      const result = await page.evaluate(code, ...args)
      return result === undefined ? undefined : JSON.parse(JSON.stringify(result)) // Firefox would carry undefined and NaN
    },
    close: () => (owned ? owned.close() : page.close()),
  }
  drivers.set(driven, page)
  return driven
}
