// Runs tests in the browser of their vitest project. Each test file has its own network.
import { afterAll, afterEach, beforeAll, describe, inject, test } from 'vitest'
import { type Browser, type BrowserName, browserNames, connect, type Page } from './browsers.ts'
import { type Certificate, createNetwork, type Network } from './network.ts'
import { atRest } from './shop.ts'

export interface Stage {
  readonly name: BrowserName
  /** The only network that the browser reaches. Emptied after each test. */
  readonly network: Network
  /**
   * A page without anything stored, or a second tab of one. It may be the page of an earlier test, if all that the earlier test
   * can have stored is deleted.
   */
  newPage(options?: { shared?: Page }): Promise<Page>
  /** A page that has loaded `url`. */
  open(url: string): Promise<Page>
  /** The page that earlier tests of the file used, with their storage. After a failed test it is a new page. */
  keptPage(): Promise<Page>
}

/** Calls `tests` if the project's browser is one of `only` and is installed. They register tests with vitest's `test`. */
export function inEachBrowser(tests: (stage: Stage) => void, only: BrowserName[] = browserNames): void {
  const { name, address, certificate } = inject('engine')
  if (!only.includes(name)) return
  if (address === undefined) test.skip(`${name} is not on this machine`)
  else describe(name, () => tests(stageOf(name, address, certificate)))
}

function stageOf(name: BrowserName, address: string, certificate: Certificate): Stage {
  let network: Network | undefined
  let browser: Browser | undefined
  /** The pages and second tabs of the current test. */
  let pages: { page: Page; isTab: boolean }[] = []
  let kept: Page | undefined
  /** Pages without anything stored, for the next tests. */
  const free: Page[] = []

  beforeAll(async () => {
    network = await createNetwork(certificate)
    browser = await connect(name, address, network)
  }, 60_000)
  async function closeKept(): Promise<void> {
    await kept?.close().catch(() => {})
    kept = undefined
  }
  afterEach(async ({ task }) => {
    const hasFailed = task.result?.state === 'fail'
    if (hasFailed) await closeKept()
    // Close second tabs before the page whose storage they share.
    for (const { page, isTab } of pages.reverse()) {
      const isFree = network && !isTab && !hasFailed && (await forget(page, network).catch(() => false))
      if (isFree) free.push(page)
      else await page.close().catch(() => {})
    }
    pages = []
    network?.reset()
  })
  afterAll(async () => {
    await closeKept()
    for (const page of free) await page.close().catch(() => {})
    await browser?.close()
    await network?.close()
  })

  const started = <Thing>(thing: Thing | undefined): Thing => {
    if (thing === undefined) throw new Error(`${name} is started before the first test, not while tests are collected.`)
    return thing
  }
  const newPage = async (options?: { shared?: Page }): Promise<Page> => {
    const isTab = options?.shared !== undefined
    const page = (isTab ? undefined : free.pop()) ?? (await started(browser).newPage(options))
    pages.push({ page, isTab })
    return page
  }
  return {
    name,
    get network() {
      return started(network)
    },
    newPage,
    async open(url) {
      const page = await newPage()
      await page.goto(url)
      return page
    },
    keptPage: async () => (kept ??= await started(browser).newPage()),
  }
}

/**
 * Leaves the document and deletes what it has stored, which takes a fraction of the time of a new page. Resolves with false if
 * something may be left. No code under test uses IndexedDB, caches or service workers.
 */
async function forget(page: Page, { traces, fallSilent }: Network): Promise<boolean> {
  const [origin, ...others] = traces.origins
  if (origin === undefined || others.length || traces.isKept) return false
  fallSilent()
  await page.goto(`${origin}/emptied`)
  await atRest(page) // Beacons of the former document do not reach the next test.
  await page.evaluate(() => {
    window.name = ''
    localStorage.clear()
    sessionStorage.clear()
  })
  if (!(await page.forget())) return false
  return page.evaluate(async () => {
    // WebKit's page learns of deleted cookies a moment later.
    for (let tries = 0; document.cookie && tries < 50; tries++) await new Promise((resolve) => setTimeout(resolve, 10))
    return document.cookie === ''
  })
}
