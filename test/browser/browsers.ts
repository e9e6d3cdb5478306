// A small interface over the browsers of this machine.
import { existsSync } from 'node:fs'
import puppeteer, {
  type BrowserContextOptions,
  type ConsoleMessage,
  type Browser as PuppeteerBrowser,
  type BrowserContext as PuppeteerContext,
  type Page as PuppeteerPage,
} from 'puppeteer-core'
import { chromiumBinary } from './chromium.ts'
import type { Network } from './network.ts'
import { connectWebkit, endProcess, startWebkit, webkitBinaries } from './webkit.ts'

export interface Page {
  /** Resolves when the document is parsed. Asynchronous scripts may still be loading. */
  goto(url: string): Promise<void>
  reload(): Promise<void>
  back(): Promise<void>
  /** Runs a function in the page, without access to the test's scope, and resolves with its result, transferred as JSON. */
  evaluate<Result, Args extends unknown[]>(code: (...args: Args) => Result, ...args: Args): Promise<Awaited<Result>>
  /** Evaluates an expression in the page. */
  evaluate(expression: string): Promise<unknown>
  /** Deletes the cookies. Resolves with false if more is left: other tabs, or what `driverOf` has set. */
  forget(): Promise<boolean>
  close(): Promise<void>
  /** Errors on the console and uncaught errors. WebKit's driver reports none. */
  readonly consoleErrors: string[]
}

export interface Browser {
  readonly name: BrowserName
  /** A page with its own storage, or a second tab that shares the storage of `shared`. */
  newPage(options?: { shared?: Page }): Promise<Page>
  /** Close the pages first. An engine that was already running keeps running. */
  close(): Promise<void>
}

export type BrowserName = 'chromium' | 'firefox' | 'webkit'

const firefoxBinaries = ['/usr/bin/firefox-esr', '/usr/bin/firefox']

const presence: Record<BrowserName, () => boolean> = {
  chromium: () => true, // from the registry, else puppeteer finds the installed Chrome or says that there is none
  firefox: () => firefoxBinaries.some(existsSync),
  webkit: () => webkitBinaries() !== undefined,
}

/** An engine that runs for the whole test run. */
export interface Engine {
  /** How a test file connects to it: a WebSocket URL, or the display of WebKit's windows. */
  address: string
  stop(): Promise<void>
}

interface Driver {
  start(): Promise<Engine>
  connect(address: string, network: Network): Promise<Browser>
}

const drivers: Record<BrowserName, Driver> = {
  chromium: { start: startChromium, connect: connectChromium },
  firefox: { start: startFirefox, connect: connectFirefox },
  webkit: { start: startWebkit, connect: connectWebkit },
}

export const browserNames: BrowserName[] = ['chromium', 'firefox', 'webkit']

export const isInstalled = (name: BrowserName): boolean => presence[name]()

/** Starts an engine, once per run. */
export const startEngine = (name: BrowserName): Promise<Engine> => drivers[name].start()

/** Connects a test file to a started engine. Its pages reach only `network`. */
export const connect = (name: BrowserName, address: string, network: Network): Promise<Browser> =>
  drivers[name].connect(address, network)

/** Starts an engine for one user, and ends it with the browser. */
export async function launch(name: BrowserName, network: Network): Promise<Browser> {
  const engine = await startEngine(name)
  const browser = await connect(name, engine.address, network)
  const close = async () => {
    await browser.close()
    await engine.stop()
  }
  return { ...browser, close }
}

async function startChromium(): Promise<Engine> {
  const browser = await puppeteer.launch({
    ...(await chromiumBinary()),
    args: [
      '--no-sandbox', // only this: @sparticuz/chromium's own list switches CORS off
      '--ignore-certificate-errors',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-gpu',
    ],
  })
  return { address: browser.wsEndpoint(), stop: () => browser.close() }
}

async function connectChromium(address: string, network: Network): Promise<Browser> {
  const browser = await puppeteer.connect({
    browserWSEndpoint: address,
    acceptInsecureCerts: true,
    networkEnabled: false,
  })
  return puppeteerBrowser('chromium', browser, {
    proxyServer: `http://127.0.0.1:${network.port}`,
    proxyBypassList: ['<-loopback>'], // loopback addresses go through the proxy too
  })
}

async function startFirefox(): Promise<Engine> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefoxBinaries.find(existsSync) ?? '',
    headless: true,
    extraPrefsFirefox: {
      'browser.chrome.site_icons': false, // no favicon.ico, as in the headless Chromium
      'network.proxy.no_proxies_on': '',
      'network.proxy.allow_hijacking_localhost': true,
    },
  })
  const address = browser.wsEndpoint()
  const firefox = browser.process()
  if (!firefox) throw new Error('Puppeteer started Firefox, but does not know its process.')
  await browser.disconnect() // Firefox has one WebDriver session at a time, so that of a test file takes its turn.
  return { address, stop: () => endProcess(firefox) }
}

async function connectFirefox(address: string, network: Network): Promise<Browser> {
  const browser = await puppeteer.connect({
    browserWSEndpoint: address,
    protocol: 'webDriverBiDi',
    acceptInsecureCerts: true,
    networkEnabled: false,
  })
  return puppeteerBrowser('firefox', browser, { proxyServer: `127.0.0.1:${network.port}` })
}

function puppeteerBrowser(name: BrowserName, browser: PuppeteerBrowser, options: BrowserContextOptions): Browser {
  const contexts = new WeakMap<Page, PuppeteerContext>()
  return {
    name,
    async newPage({ shared } = {}) {
      const context = (shared && contexts.get(shared)) ?? (await browser.createBrowserContext(options))
      const page = puppeteerPage(await context.newPage(), context, !shared)
      contexts.set(page, context)
      return page
    },
    close: () => browser.disconnect(),
  }
}

const puppeteerPages = new WeakMap<Page, PuppeteerPage>()
/** The pages whose driver a test has used. */
const driven = new WeakSet<Page>()

/** puppeteer's own page, for features that the interface lacks, such as keys, media and viewports. Not for WebKit. */
export function driverOf(page: Page): PuppeteerPage {
  const driver = puppeteerPages.get(page)
  if (!driver) throw new Error("This page is not puppeteer's.")
  driven.add(page)
  return driver
}

/** Closing a page that owns its context also closes the context and the tabs that share it. */
function puppeteerPage(page: PuppeteerPage, context: PuppeteerContext, owns: boolean): Page {
  const consoleErrors: string[] = []
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error') consoleErrors.push(`${message.text()} (${message.location().url ?? ''})`)
  })
  page.on('pageerror', (error) => consoleErrors.push(String(error)))
  const parsed = { waitUntil: 'domcontentloaded' } as const
  const adapted: Page = {
    consoleErrors,
    goto: async (url) => void (await page.goto(url, parsed)),
    reload: async () => void (await page.reload(parsed)),
    back: async () => void (await page.goBack(parsed)),
    async evaluate(code: ((...args: never[]) => unknown) | string, ...args: never[]) {
      const result = await page.evaluate(code, ...args)
      return result === undefined ? undefined : JSON.parse(JSON.stringify(result)) // Firefox would carry undefined and NaN
    },
    async forget() {
      if (driven.has(adapted) || (await context.pages()).length > 1) return false
      const cookies = await context.cookies()
      if (cookies.length) await context.deleteCookie(...cookies)
      consoleErrors.length = 0
      return true
    },
    close: () => (owns ? context.close() : page.close()),
  }
  puppeteerPages.set(adapted, page)
  return adapted
}
