// Runs tests in the browser of their vitest project. Each test file has its own network.
import { afterAll, afterEach, beforeAll, describe, inject, test } from 'vitest'
import { type Browser, type BrowserName, browserNames, connect, type Page } from './browsers.ts'
import { type Certificate, createNetwork, type Network } from './network.ts'

export interface Stage {
  readonly name: BrowserName
  /** The only network that the browser reaches. Emptied after each test. */
  readonly network: Network
  /** A page, closed after the test. */
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
  let pages: Page[] = []
  let kept: Page | undefined

  beforeAll(async () => {
    network = await createNetwork(certificate)
    browser = await connect(name, address, network)
  }, 60_000)
  async function closeKept(): Promise<void> {
    await kept?.close().catch(() => {})
    kept = undefined
  }
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await closeKept()
    // Close second tabs before the page whose storage they share.
    for (const page of pages.reverse()) await page.close().catch(() => {})
    pages = []
    network?.reset()
  })
  afterAll(async () => {
    await closeKept()
    await browser?.close()
    await network?.close()
  })

  const started = <Thing>(thing: Thing | undefined): Thing => {
    if (thing === undefined) throw new Error(`${name} is started before the first test, not while tests are collected.`)
    return thing
  }
  const newPage = async (options?: { shared?: Page }): Promise<Page> => {
    const page = await started(browser).newPage(options)
    pages.push(page)
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
